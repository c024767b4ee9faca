import { InvalidRecordError } from '../../core/errors.ts'
import type { AggregateWithZero } from '../aggregate.ts'
import { addTo, copySet, type DistinctSet, sizeOf, unite } from '../distinct-set.ts'

/** What can be counted as distinct. Nothing (null, undefined) is not counted, as in SQL. */
export type Distinct = string | number | boolean | null | undefined

/**
 * How many different values are taken from the elements, exactly: all of them are kept in the state, and
 * written with each batch that adds to them. Whole numbers close to each other, as ids are, take a bit each; for
 * more than some thousands of others: `approximateCountDistinct`.
 * @example
 * countDistinct((bid: Bid) => bid.bidder)
 * @throws InvalidRecordError for a value that is no string, number or boolean
 */
export const countDistinct = <A>(of: (value: A) => Distinct): AggregateWithZero<A, DistinctSet, number> => ({
  signature: 'countDistinct',
  detached: true,
  zero: 0,
  create: () => [],
  add(seen, value) {
    const taken = distinctOf(of(value), 'countDistinct')
    return taken === undefined ? seen : addTo(seen, taken)
  },
  merge: unite,
  result: sizeOf,
  copy: copySet,
})

/** @returns undefined for nothing */
export function distinctOf(value: Distinct, aggregate: string): string | number | boolean | undefined {
  if (value === null || value === undefined) return undefined
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value
  throw new InvalidRecordError(
    `${aggregate}(…) took ${String(value)} from the element: expected a string, a number or a boolean, as two objects are never the same`,
    { aggregate, value },
  )
}
