import type { Cursor } from './cursor.ts'
import { compareSequenceNumbers } from './sequence-number.ts'

/** Where an element stands among others of its stream, whatever tasks it came through. */
export type Place = Pick<Cursor, 'eventTime' | 'sequenceNumber' | 'subSequence'>

/** A value with its place: one flat array, to be stored. */
export type Placed<A> = [eventTime: number, sequenceNumber: string, subSequence: number, value: A]

export const placed = <A>({ eventTime, sequenceNumber, subSequence }: Place, value: A): Placed<A> => [
  eventTime,
  sequenceNumber,
  subSequence,
  value,
]

/**
 * Orders by event time, then by position: a sequence number tells shards of one stream apart too.
 * @returns below, at or above zero
 */
export function comparePlaces(a: Placed<unknown>, b: Place): number {
  if (a[0] !== b.eventTime) return a[0] - b.eventTime
  return compareSequenceNumbers(a[1], b.sequenceNumber) || a[2] - b.subSequence
}

/** The place of a placed value. */
export const placeOf = ([eventTime, sequenceNumber, subSequence]: Placed<unknown>): Place => ({
  eventTime,
  sequenceNumber,
  subSequence,
})
