import { ConfigurationError } from '../core/errors.ts'
import { inputsOf, type OperatorNode, type SinkNode, type SourceNode, sourcesOf } from '../core/graph.ts'
import type { Pipeline } from '../core/pipeline.ts'

/** A `keyBy(f)` that sends its elements through a stream of the pipeline's own: where a pipeline is cut. */
export interface Exchange {
  readonly node: OperatorNode
  readonly keyOf: (value: never) => string
  /** label of the `keyBy` among the operators */
  readonly label: string
  /** name of the stage behind it: that of the first operator there that keeps state, else the label */
  readonly name: string
  /** `<pipeline>.<name>` */
  readonly stream: string
  /** under what name the tasks on both of its sides keep how far it is */
  readonly state: string
}

const STATE = 'exchange '

/** Whether this is the name under which an exchange's state is kept. */
export const isExchangeState = (name: string): boolean => name.startsWith(STATE)

/** Where a pipeline is cut into stages. A source with one shard needs no cut: its task has every key. */
export function exchangesOf(pipeline: Pipeline, labels: ReadonlyMap<object, string>): readonly Exchange[] {
  const nodes = pipeline.operators.filter((node) => node.keyOf !== undefined && !hasEveryKey(node))
  return nodes.map((node) => {
    const label = labels.get(node) ?? node.op
    const behind = pipeline.operators.find(
      (each) => each.signature !== undefined && originsOf(each, nodes).includes(node),
    )
    const name = behind?.name ?? label
    const stream = `${pipeline.name}.${name}`
    if (!/^[\w.-]{1,128}$/.test(stream)) {
      throw new ConfigurationError(
        `the elements of '${label}' need a stream, and '${stream}' cannot name one: expected at most 128 letters, digits, '.', '_' or '-'; give '${name}' another name`,
        { pipeline: pipeline.name, name, stream },
      )
    }
    return { node, keyOf: node.keyOf ?? (() => ''), label, name, stream, state: `${STATE}${name}` }
  })
}

/** Whether one task sees all of its input, so that nothing has to move. */
function hasEveryKey({ input }: OperatorNode): boolean {
  const [source, ...others] = sourcesOf(input)
  return source?.shards === 1 && others.length === 0
}

/** Where the elements of a node come from: sources, and the exchanges before it. */
export const originsOf = (
  node: OperatorNode | SinkNode,
  exchanges: readonly OperatorNode[],
): readonly (SourceNode | OperatorNode)[] =>
  inputsOf(node).flatMap((input) =>
    input.node.kind === 'source' || exchanges.includes(input.node)
      ? [input.node]
      : originsOf(input.node, exchanges),
  )
