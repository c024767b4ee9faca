import { copyValue, type MergingAggregate } from '../aggregate.ts'
import { numberOf } from '../number-of.ts'

/**
 * The largest of a number taken from each element; the largest elements themselves: see `topK`.
 * @example
 * max((bid: Bid) => bid.price)
 * @throws InvalidRecordError for what is not a number
 */
export const max = <A>(of: (value: A) => number): MergingAggregate<A, number, number> => ({
  signature: 'max',
  detached: true,
  create: () => Number.NEGATIVE_INFINITY,
  add: (largest, value) => Math.max(largest, numberOf(of(value), 'max')),
  merge: Math.max,
  result: (largest) => largest,
  copy: copyValue,
})
