import { comparePlaces, type Placed, placed, placeOf } from '../../core/place.ts'
import type { MergingAggregate } from '../aggregate.ts'

/**
 * What is taken from the first element: the one with the smallest event time; of several, the one that stands
 * first in its shard.
 * @example
 * first((bid: Bid) => bid.price)
 */
export const first = <A, B>(of: (value: A) => B): MergingAggregate<A, Placed<B> | null, B> => ({
  signature: 'first',
  detached: true,
  create: () => null,
  add: (known, value, place) =>
    known === null || comparePlaces(known, place) > 0 ? placed(place, of(value)) : known,
  merge(a, b) {
    if (a === null || b === null) return a ?? b
    return comparePlaces(a, placeOf(b)) > 0 ? b : a
  },
  result: (known) => known?.[3] as B,
  // Never changed in place.
  copy: (known) => known,
})
