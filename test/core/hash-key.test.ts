import { expect, test } from 'vitest'
import { covers, hashKeyOf, intersection, isInRange, WHOLE_RANGE } from '../../lib/core/hash-key.ts'

const range = (startingHashKey: bigint, endingHashKey: bigint) => ({ startingHashKey, endingHashKey })

test('the hash key of a partition key is its MD5, as Kinesis has it', () => {
  // echo -n a | md5sum
  expect(hashKeyOf('a')).toBe(0x0cc175b9c0f1b6a831c399e269772661n)
  expect(isInRange(WHOLE_RANGE, hashKeyOf('ключ'))).toBe(true)
})

test('both ends belong to a range', () => {
  expect([1n, 2n, 5n, 6n].map((key) => isInRange(range(2n, 5n), key))).toEqual([false, true, true, false])
})

test('ranges cover each other, meet, or do not', () => {
  expect(covers(range(0n, 9n), range(0n, 9n))).toBe(true)
  expect(covers(range(0n, 9n), range(9n, 10n))).toBe(false)
  expect(covers(range(1n, 9n), range(0n, 9n))).toBe(false)
  expect(intersection(range(0n, 5n), range(5n, 9n))).toEqual(range(5n, 5n))
  expect(intersection(range(0n, 5n), range(6n, 9n))).toBeUndefined()
})
