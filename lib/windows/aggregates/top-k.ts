import { ConfigurationError } from '../../core/errors.ts'
import { comparePlaces, type Placed, placed, placeOf } from '../../core/place.ts'
import type { AggregateWithZero } from '../aggregate.ts'
import { insertInto } from '../bounded-list.ts'
import { numberOf } from '../number-of.ts'

type Ranked<A> = [rank: number, place: Placed<A>]

/**
 * The `k` elements for which `by` is largest, the largest first. Of equal ones the earlier is before: by event
 * time, then by position.
 * @example
 * topK(3, (bid: Bid) => bid.price)
 * @throws ConfigurationError for a `k` that is no whole number from 1 on
 * @throws InvalidRecordError for an element for which `by` answers with what is not a number
 */
export function topK<A>(k: number, by: (value: A) => number): AggregateWithZero<A, Ranked<A>[], A[]> {
  if (!Number.isInteger(k) || k < 1) {
    throw new ConfigurationError(`topK(${k}, …): expected a whole number from 1 on`, { k })
  }
  return {
    signature: `top ${k}`,
    detached: true,
    zero: [],
    create: () => [],
    add(list, value, place) {
      const rank = numberOf(by(value), 'topK')
      const end = list.at(-1)
      if (list.length >= k && end !== undefined) {
        if (rank < end[0] || (rank === end[0] && comparePlaces(end[1], place) <= 0)) return list
      }
      const ranked: Ranked<A> = [rank, placed(place, value)]
      insertInto(list, ranked, byRank, k)
      return list
    },
    merge(a, b) {
      const list = [...a]
      for (const item of b) insertInto(list, item, byRank, k)
      return list
    },
    result: (list) => list.map(([, place]) => place[3]),
    // Its items are never changed.
    copy: (list) => [...list],
  }
}

function byRank<A>(a: Ranked<A>, b: Ranked<A>): number {
  if (a[0] !== b[0]) return b[0] - a[0]
  return comparePlaces(a[1], placeOf(b[1]))
}
