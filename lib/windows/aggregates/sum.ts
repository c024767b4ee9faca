import type { AggregateWithZero } from '../aggregate.ts'
import { addExactly, copyExactly, type ExactSum, mergeExactly, rounded } from '../exact-sum.ts'
import { finiteNumberOf } from '../number-of.ts'

/**
 * The sum of a number taken from each element. It is rounded once, at the end, so that it does not depend on
 * the order of the elements; sums of integers below 2^53 are exact.
 * @example
 * sum((bid: Bid) => bid.price)
 * @throws InvalidRecordError for what is not a finite number
 */
export const sum = <A>(of: (value: A) => number): AggregateWithZero<A, ExactSum, number> => ({
  signature: 'sum',
  detached: true,
  zero: 0,
  create: () => 0,
  add: (total, value) => addExactly(total, finiteNumberOf(of(value), 'sum')),
  merge: mergeExactly,
  result: rounded,
  copy: copyExactly,
})
