import { ConfigurationError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Aggregate, MergingAggregate } from './aggregate.ts'
import type { Emit, PaneMode } from './trigger.ts'

/** What a window operator does with its windows. */
export interface WindowPlan<A, Accumulator, Result> {
  /** the operator's */
  readonly name: string
  readonly aggregate: Aggregate<A, Accumulator, Result>
  /** ms */
  readonly lateness: number
  readonly late: 'sink' | 'drop' | 'dead-letter'
  readonly emit: Emit
  readonly mode: PaneMode
}

/**
 * Which windows there are: `tumbling('1h')`. Windows are half-open, `[start, end)`, in epoch ms: an event at
 * `start` is inside, one at `end` is not. `Needs` is what these windows want of the operator's other options.
 */
export interface Windows<Needs = unknown> {
  /** What must not change while state exists, and what error messages show: `tumbling 1h`. */
  readonly signature: string
  readonly needs?: (options: Needs) => void
  /** The running form: each kind of window brings its own, so that a bundle holds only those it uses. */
  readonly build: <A, Accumulator, Result>(
    plan: WindowPlan<A, Accumulator, Result>,
  ) => (context: OperatorContext) => Receiver<A>
}

/** Windows that fire at their close only. */
export interface NeedsClose {
  readonly emit?: 'onClose'
  readonly panes?: 'accumulating'
}

/** Windows whose contents are made of parts: the aggregate must be able to unite them. */
export interface NeedsMerge {
  readonly aggregate: { merge(a: never, b: never): unknown }
}

/** @throws ConfigurationError for early panes, or panes that hold only news: what types could not prevent */
export function refuseEarlyPanes(
  { name, emit, mode }: Pick<WindowPlan<never, unknown, unknown>, 'name' | 'emit' | 'mode'>,
  windows: string,
): void {
  if (emit === 'onClose' && mode === 'accumulating') return
  throw new ConfigurationError(
    `window '${name}' has early, discarding or retracting panes, which ${windows} windows do not have: leave 'emit' and 'panes' out, or use other windows`,
    { name },
  )
}

/** The aggregate, which has `merge`. @throws ConfigurationError if not */
export function mergingOf<A, Accumulator, Result>(
  plan: WindowPlan<A, Accumulator, Result>,
  windows: string,
): MergingAggregate<A, Accumulator, Result> {
  const { name, aggregate } = plan
  if (isMerging(aggregate)) return aggregate
  throw new ConfigurationError(
    `the aggregate of window '${name}' has no 'merge', and ${windows} windows unite accumulators: give it one, or use tumbling windows`,
    { name },
  )
}

const isMerging = <A, Accumulator, Result>(
  aggregate: Aggregate<A, Accumulator, Result>,
): aggregate is MergingAggregate<A, Accumulator, Result> => 'merge' in aggregate
