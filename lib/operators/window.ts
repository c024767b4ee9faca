import { type Duration, milliseconds } from '../core/duration.ts'
import type { OperatorNode, Output } from '../core/graph.ts'
import { type KeyedStream, type Sink, type Stream, streamOf } from '../core/stream.ts'
import { type Aggregate, signatureOf } from '../windows/aggregate.ts'
import type { Late, Windowed } from '../windows/pane.ts'
import { type Emit, emitSignature, type PaneMode } from '../windows/trigger.ts'
import type { Windows } from '../windows/windows.ts'

export interface WindowOptions<A, Accumulator, Result, Needs = unknown> {
  /** Which windows there are: `tumbling('1h')`, `sliding('1h', '5m')`, `session('30m')`, `counting(100)`, `global()`. */
  readonly over: Windows<Needs>
  /** What is computed over each window of each key. */
  readonly aggregate: Aggregate<NoInfer<A>, Accumulator, Result>
  /**
   * When a window fires: at its close alone, also at every element before it, or every so often.
   * @default 'onClose'
   */
  readonly emit?: Emit
  /**
   * What a pane holds: all of the window so far; only what is new since the pane before it; or all, and each
   * pane that is followed by another is taken back first, by a pane with `retraction` that has its value (and is
   * kept in the state until then).
   * @default 'accumulating'
   */
  readonly panes?: PaneMode
  /**
   * How long after its close a window is kept and updated: each late element then fires another pane.
   * @default '0ms'
   */
  readonly allowedLateness?: Duration
  /**
   * Where elements go that come too late even for that; `'drop'` must be written out.
   * @default they become dead letters
   */
  readonly late?: Sink<Late<NoInfer<A>>> | 'drop'
}

/**
 * Aggregates the elements of each key over windows of event time. A window `[start, end)` closes and
 * fires a pane when the watermark reaches `end - 1` ms; panes fire in the order of window end, then key.
 * @example
 * pipeline(
 *   'prices',
 *   source,
 *   keyBy(),
 *   window('hourly', {
 *     over: tumbling('1h'),
 *     aggregate: aggregate({ bids: count(), highest: max((bid) => bid.price) }),
 *     allowedLateness: '10m',
 *   }),
 *   dynamodb.sink({
 *     table: 'hourly-prices',
 *     key: ['auction', 'hour'],
 *     item: ({ key, start, value }) => ({ auction: key, hour: start, ...value }),
 *   }),
 * )
 * @param name unique in the pipeline: the identity of the operator's state
 */
export const window =
  <A, Accumulator, Result, Key extends string, Needs = unknown>(
    name: string,
    options: WindowOptions<A, Accumulator, Result, Needs> & NoInfer<Needs>,
  ) =>
  (input: KeyedStream<Key, A>): Stream<Windowed<Key, Result>> => {
    const { over, aggregate, emit = 'onClose', panes: mode = 'accumulating' } = options
    const { allowedLateness = '0ms', late } = options
    const lateness = milliseconds(allowedLateness, 'allowedLateness')
    const sides: Output[] = []
    const node: OperatorNode = {
      kind: 'operator',
      op: 'window',
      name,
      signature: `${over.signature}${emitSignature(emit, mode)}: ${signatureOf(aggregate)}`,
      refires: mode === 'accumulating' && (lateness > 0 || emit !== 'onClose'),
      input,
      sides,
      build: over.build<A, Accumulator, Result>({
        name,
        aggregate,
        lateness,
        late: lateOutput(late),
        emit,
        mode,
      }),
    }
    if (typeof late === 'function') sides.push(late(streamOf<Late<A>>(node, 'late')))
    return streamOf(node)
  }

const lateOutput = (late: unknown): 'sink' | 'drop' | 'dead-letter' =>
  late === 'drop' ? 'drop' : late === undefined ? 'dead-letter' : 'sink'
