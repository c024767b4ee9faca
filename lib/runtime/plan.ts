import { ConfigurationError } from '../core/errors.ts'
import type { OperatorNode, SinkNode } from '../core/graph.ts'
import { MAX_SINKS } from '../core/order.ts'
import type { Pipeline } from '../core/pipeline.ts'

/** Label of the source among the operators' labels. */
export const SOURCE = 'source'

/** A pipeline made ready to run: who feeds whom, and what each part is called. */
export interface Plan {
  readonly pipeline: Pipeline
  /** the first stateful operator's name; undefined without state: then there is no log */
  readonly stage: string | undefined
  /** stateful operators, with what must not change in them */
  readonly signatures: Readonly<Record<string, string>>
  readonly sinks: readonly { readonly label: string; readonly node: SinkNode }[]
  label(node: OperatorNode | SinkNode): string
  /** what stands behind an output of the source or of an operator */
  consumers(node: object, port: string): readonly (OperatorNode | SinkNode)[]
}

/** Compiles a pipeline, once. @throws ConfigurationError for more sinks than an order has room for */
export function planOf(pipeline: Pipeline): Plan {
  const nodes = [...pipeline.operators, ...pipeline.sinks]
  if (pipeline.sinks.length >= MAX_SINKS) {
    throw new ConfigurationError(
      `pipeline '${pipeline.name}' has ${pipeline.sinks.length} sinks: expected fewer than ${MAX_SINKS}; cut it into several pipelines`,
      { pipeline: pipeline.name, sinks: pipeline.sinks.length },
    )
  }
  const labels = labelsOf(nodes)
  const label = (node: OperatorNode | SinkNode): string => labels.get(node) ?? node.op
  const stateful = pipeline.operators.flatMap(({ name, signature }) =>
    name !== undefined && signature !== undefined ? [[name, signature] as const] : [],
  )
  return {
    pipeline,
    stage: stateful[0]?.[0],
    signatures: Object.fromEntries(stateful),
    sinks: pipeline.sinks.map((node) => ({ label: label(node), node })),
    label,
    consumers: (node, port) => nodes.filter(({ input }) => input.node === node && input.port === port),
  }
}

/** Labels are names where the user gave one; else what the part does, with a number from the second on. */
function labelsOf(nodes: readonly (OperatorNode | SinkNode)[]): ReadonlyMap<object, string> {
  const seen = new Map<string, number>()
  const labels = new Map<object, string>()
  for (const node of nodes) {
    const base = node.kind === 'sink' ? `${node.op}(${node.target.table})` : (node.name ?? node.op)
    const times = (seen.get(base) ?? 0) + 1
    seen.set(base, times)
    labels.set(node, times === 1 ? base : `${base}-${times}`)
  }
  return labels
}
