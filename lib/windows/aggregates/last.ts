import { comparePlaces, type Placed, placed, placeOf } from '../../core/place.ts'
import type { MergingAggregate } from '../aggregate.ts'

/**
 * What is taken from the last element: the one with the largest event time; of several, the one that stands
 * last in its shard.
 * @example
 * last((bid: Bid) => bid.price)
 */
export const last = <A, B>(of: (value: A) => B): MergingAggregate<A, Placed<B> | null, B> => ({
  signature: 'last',
  detached: true,
  create: () => null,
  add(known, value, place) {
    if (known === null) return placed(place, of(value))
    if (comparePlaces(known, place) > 0) return known
    const taken = of(value)
    known[0] = place.eventTime
    known[1] = place.sequenceNumber
    known[2] = place.subSequence
    known[3] = taken
    return known
  },
  merge(a, b) {
    if (a === null || b === null) return copyPlaced(a ?? b)
    return copyPlaced(comparePlaces(a, placeOf(b)) > 0 ? a : b)
  },
  result: (known) => known?.[3] as B,
  copy: copyPlaced,
})

const copyPlaced = <B>(known: Placed<B> | null): Placed<B> | null =>
  known === null ? null : [known[0], known[1], known[2], known[3]]
