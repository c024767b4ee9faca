import { expect, test } from 'vitest'
import { comparePlaces, type Placed, placed, placeOf } from '../../lib/core/place.ts'

const at = (eventTime: number, sequenceNumber: string, subSequence = 0): Placed<null> =>
  placed({ eventTime, sequenceNumber, subSequence }, null)

test('places are ordered by event time, then sequence number, then place inside the record', () => {
  const inOrder = [
    at(-1, '9'),
    at(1, '49590000000000000000000000000000000000000000000000000001'),
    at(1, '49590000000000000000000000000000000000000000000000000002'),
    at(1, '49590000000000000000000000000000000000000000000000000002', 1),
    at(1, '149590000000000000000000000000000000000000000000000000000'),
    at(2, '1'),
  ]
  const sorted = inOrder.toReversed().sort((a, b) => comparePlaces(a, placeOf(b)))
  expect(sorted).toEqual(inOrder)
  for (const each of inOrder) expect(comparePlaces(each, placeOf(each))).toBe(0)
})
