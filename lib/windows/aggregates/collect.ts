import { ConfigurationError } from '../../core/errors.ts'
import { comparePlaces, type Placed, placed, placeOf } from '../../core/place.ts'
import type { AggregateWithZero } from '../aggregate.ts'
import { insertInto } from '../bounded-list.ts'

/**
 * What is taken from each element, as a list in the order of event time, then of position. Once there are
 * more than `limit`, the first ones are kept.
 * @example
 * collect((bid: Bid) => bid.bidder, { limit: 100 })
 * @throws ConfigurationError for a limit that is no whole number from 1 on
 */
export function collect<A, B>(
  of: (value: A) => B,
  { limit }: { readonly limit: number },
): AggregateWithZero<A, Placed<B>[], B[]> {
  if (!Number.isInteger(limit) || limit < 1) {
    throw new ConfigurationError(
      `collect(…) has a limit of ${limit}: expected a whole number from 1 on, as the list is kept in the state`,
      { limit },
    )
  }
  return {
    signature: `collect ${limit}`,
    detached: true,
    zero: [],
    create: () => [],
    add(list, value, place) {
      const end = list.at(-1)
      if (list.length >= limit && end !== undefined && comparePlaces(end, place) <= 0) return list
      insertInto(list, placed(place, of(value)), byPlace, limit)
      return list
    },
    merge(a, b) {
      const list = [...a]
      for (const item of b) insertInto(list, item, byPlace, limit)
      return list
    },
    result: (list) => list.map(([, , , value]) => value),
    // Its items are never changed.
    copy: (list) => [...list],
  }
}

const byPlace = (a: Placed<unknown>, b: Placed<unknown>): number => comparePlaces(a, placeOf(b))
