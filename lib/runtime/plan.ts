import { ConfigurationError } from '../core/errors.ts'
import { inputsOf, type OperatorNode, type SinkNode, sourcesOf } from '../core/graph.ts'
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
  /** of the source, the operators and the sinks: of all that an element can fail at */
  readonly labels: readonly string[]
  /** what stands behind an output of the source or of an operator */
  consumers(node: object, port: string): readonly (OperatorNode | SinkNode)[]
}

/**
 * Compiles a pipeline, once.
 * @throws ConfigurationError for more parts than an order has room for, or a `keyBy(f)` whose keys are not all
 * in one task
 */
export function planOf(pipeline: Pipeline): Plan {
  refuseScatteredKeys(pipeline)
  const nodes = [...pipeline.operators, ...pipeline.sinks]
  // An order has a number for each sink, and one for the dead letters of each part.
  const [operators, sinks] = [pipeline.operators.length, pipeline.sinks.length]
  if (operators + 2 * sinks > MAX_SINKS) {
    throw new ConfigurationError(
      `pipeline '${pipeline.name}' has ${operators} operators and ${sinks} sinks: expected at most ${MAX_SINKS}, a sink counting twice; cut it into several pipelines`,
      { pipeline: pipeline.name, operators, sinks },
    )
  }
  if (pipeline.operators.some(({ name }) => name === SOURCE)) {
    throw new ConfigurationError(
      `an operator of pipeline '${pipeline.name}' is named '${SOURCE}', as the source is in counters and dead letters: give it another name`,
      { pipeline: pipeline.name, name: SOURCE },
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
    labels: [SOURCE, ...nodes.map(label)],
    consumers: (node, port) =>
      nodes.filter((each) => inputsOf(each).some((input) => input.node === node && input.port === port)),
  }
}

function refuseScatteredKeys({ name, operators }: Pipeline): void {
  for (const { keyOf, input } of operators) {
    if (keyOf === undefined) continue
    const sources = sourcesOf(input)
    const streams = sources.map(({ stream }) => `'${stream}'`).join(' and ')
    if (sources.length > 1) {
      throw new ConfigurationError(
        `pipeline '${name}' has keyBy(f) behind a merge of ${streams}, each with some of a key's records: key and aggregate each stream before the merge`,
        { pipeline: name, streams: sources.map(({ stream }) => stream) },
      )
    }
    if (sources.every(({ shards }) => shards === 1)) continue
    throw new ConfigurationError(
      `pipeline '${name}' has keyBy(f), and its source may have several shards, each with some of a key's records: write 'shards: 1' into the source of ${streams} if one shard is enough, or key by the partition key with keyBy()`,
      { pipeline: name, stream: sources[0]?.stream },
    )
  }
}

/**
 * Labels are names where the user gave one: they are the identity of state. Others are what the part does,
 * with a number from the second on, if nothing else has that label.
 */
function labelsOf(nodes: readonly (OperatorNode | SinkNode)[]): ReadonlyMap<object, string> {
  const labels = new Map<object, string>()
  for (const node of nodes) {
    if (node.kind === 'operator' && node.name !== undefined) labels.set(node, node.name)
  }
  const taken = new Set([SOURCE, ...labels.values()])
  for (const node of nodes) {
    if (labels.has(node)) continue
    const base = node.kind === 'sink' ? `${node.op}(${node.target.table})` : node.op
    let label = base
    for (let times = 2; taken.has(label); times++) label = `${base}-${times}`
    taken.add(label)
    labels.set(node, label)
  }
  return labels
}
