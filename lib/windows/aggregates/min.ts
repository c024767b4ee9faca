import { copyValue, type MergingAggregate } from '../aggregate.ts'
import { numberOf } from '../number-of.ts'

/**
 * The smallest of a number taken from each element; the smallest elements themselves: see `topK`, by the number's negative.
 * @example
 * min((bid: Bid) => bid.price)
 * @throws InvalidRecordError for what is not a number
 */
export const min = <A>(of: (value: A) => number): MergingAggregate<A, number, number> => ({
  signature: 'min',
  detached: true,
  create: () => Number.POSITIVE_INFINITY,
  add: (smallest, value) => Math.min(smallest, numberOf(of(value), 'min')),
  merge: Math.min,
  result: (smallest) => smallest,
  copy: copyValue,
})
