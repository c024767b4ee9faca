import { inputsOf, type OperatorNode, type SinkNode, type SourceNode, sourcesOf } from '../core/graph.ts'
import type { Exchange } from '../runtime/exchanges.ts'
import type { Plan } from '../runtime/plan.ts'

/** A part of a pipeline, and what leads to it: `main`, or the name of a side output. */
export interface Consumer {
  readonly port: string
  readonly node: OperatorNode | SinkNode
}

/** What stands behind a source or an operator, in the order of the pipeline. */
export const consumersOf = ({ pipeline }: Plan, node: object): Consumer[] =>
  [...pipeline.operators, ...pipeline.sinks].flatMap((each) =>
    inputsOf(each)
      .filter((input) => input.node === node)
      .map(({ port }) => ({ port, node: each })),
  )

/** The exchange that a part is, if the pipeline is cut there. */
export const exchangeAt = ({ to }: Plan, node: object): Exchange | undefined =>
  to.find((exchange) => exchange.node === node)

export function describeSource(source: SourceNode): string {
  const { op, stream, codec, batch, maxOutOfOrderness, idleTimeout, eventTime } = source
  const time =
    eventTime === undefined ? 'time of arrival' : `event time, up to ${span(maxOutOfOrderness)} out of order`
  const gathered = batch.interval > 0 ? ` or ${span(batch.interval)}` : ''
  return `${op} '${stream}': ${codec.name}; ${time}, idle after ${span(idleTimeout)}; batches of ${batch.size}${gathered}`
}

/** What an operator or a sink is, with the key and the state that it has. */
export function describe(plan: Plan, node: OperatorNode | SinkNode): string {
  if (node.kind === 'sink') {
    const { target } = node
    return `${plan.label(node)}: ${target.mode}, key ${target.key.join(', ')}`
  }
  const label = plan.label(node)
  const what = node.name === undefined ? label : `${node.op} '${label}'`
  if (node.keyOf !== undefined) return `${what}: keyed by a function`
  if (node.signature === undefined) return what
  const state = node.signature.replaceAll(/\b(\d+) ms\b/g, (_, ms: string) => span(Number(ms)))
  return `${what}: ${state}; ${node.stateScope === 'element' ? 'state by element' : `state by ${keyOf(node)}`}`
}

/** What the elements that reach a part are keyed by. */
function keyOf(node: OperatorNode): string {
  for (let { node: each } = node.input; each.kind === 'operator'; each = each.input.node) {
    if (each.keyOf !== undefined) return 'the key of keyBy(f)'
  }
  return sourcesOf(node.input).length > 1 ? 'task' : 'partition key'
}

const UNITS = [
  ['d', 86_400_000],
  ['h', 3_600_000],
  ['m', 60_000],
  ['s', 1_000],
] as const

/** A duration as it is written in pipelines. */
export function span(ms: number): string {
  const [unit, size] = UNITS.find(([, size]) => ms >= size && ms % size === 0) ?? ['ms', 1]
  return `${ms / size}${unit}`
}
