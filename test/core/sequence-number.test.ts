import fc from 'fast-check'
import { expect, test } from 'vitest'
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts'
import { sequenceNumbers } from '../support/sequence-numbers.ts'

test('sequence numbers of 1 to 129 digits compare as the integers they are', () => {
  fc.assert(
    fc.property(sequenceNumbers, sequenceNumbers, (a, b) => {
      const difference = BigInt(a) - BigInt(b)
      expect(Math.sign(compareSequenceNumbers(a, b))).toBe(difference < 0n ? -1 : difference > 0n ? 1 : 0)
    }),
    { numRuns: 1_000 },
  )
})

test('a shorter number is the smaller, whatever its digits', () => {
  expect(compareSequenceNumbers('9', '10')).toBeLessThan(0)
})

test('numbers that differ beyond the digits of a Number are told apart', () => {
  const long = '49590338271490256608559692538361571095921575989136588'
  expect(compareSequenceNumbers(`${long}1`, `${long}2`)).toBeLessThan(0)
})

test('the position before the first record is below every sequence number', () => {
  expect(compareSequenceNumbers('', '0')).toBeLessThan(0)
})
