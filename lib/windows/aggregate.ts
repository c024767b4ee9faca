import type { Place } from '../core/place.ts'

/**
 * An incremental fold of the elements of a window (Flink's AggregateFunction, Beam's CombineFn).
 * Accumulators are plain data: numbers, strings, arrays, objects, Map, Set, Date, typed arrays.
 * `add` returns the accumulator, the same one changed or a new one.
 * @example
 * const longest: MergingAggregate<{ text: string }, string, string> = {
 *   signature: 'longest text',
 *   create: () => '',
 *   add: (longest, { text }) => (text.length > longest.length ? text : longest),
 *   merge: (a, b) => (b.length > a.length ? b : a),
 *   result: (longest) => longest,
 * }
 */
export interface Aggregate<A, Accumulator, Result> {
  create(): Accumulator
  /** @param place event time and position of the element, for aggregates that depend on the order */
  add(accumulator: Accumulator, value: A, place: Place): Accumulator
  result(accumulator: Accumulator): Result
  /**
   * What must not change while accumulators of it are stored: by it a new one is told from an old one.
   * @default 'user-defined'
   */
  readonly signature?: string
  /**
   * Whether a result shares nothing with its accumulator that `add` changes in place: then no copy is made
   * where the accumulator lives on.
   * @default false
   */
  readonly detached?: boolean
  /**
   * A copy that later changes do not reach.
   * @default structuredClone
   */
  copy?(accumulator: Accumulator): Accumulator
}

/** An aggregate whose accumulators can be united, whatever order their elements came in. */
export interface MergingAggregate<A, Accumulator, Result> extends Aggregate<A, Accumulator, Result> {
  /** Changes neither `a` nor `b`, and later changes of what it returns do not reach them. */
  merge(a: Accumulator, b: Accumulator): Accumulator
}

/** An aggregate that has a result over no elements too. */
export interface AggregateWithZero<A, Accumulator, Result> extends MergingAggregate<A, Accumulator, Result> {
  /** That result: 0 for a count. */
  readonly zero: Result
}

/** For accumulators that are values, such as numbers: nothing to copy. */
export const copyValue = <Accumulator>(accumulator: Accumulator): Accumulator => accumulator

/** A copy of an accumulator, by the aggregate's own way if it has one. */
export const copyOf = <A, Accumulator, Result>(
  aggregate: Aggregate<A, Accumulator, Result>,
  accumulator: Accumulator,
): Accumulator => (aggregate.copy ? aggregate.copy(accumulator) : structuredClone(accumulator))

/** The result so far, which later changes of the accumulator do not reach. */
export const resultOf = <A, Accumulator, Result>(
  aggregate: Aggregate<A, Accumulator, Result>,
  accumulator: Accumulator,
): Result => aggregate.result(aggregate.detached === true ? accumulator : copyOf(aggregate, accumulator))

/** What tells an aggregate from another one. */
export const signatureOf = <A, Accumulator, Result>({
  signature = 'user-defined',
}: Aggregate<A, Accumulator, Result>): string => signature
