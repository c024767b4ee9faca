import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { min } from '../../../lib/windows/aggregates/min.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const minOf = min((value: number) => value)

test('merging in any order gives what one pass gives', () => {
  expectLaws(minOf, (values) => Math.min(...values))
})

test('the number is taken by the function given', () => {
  const taken = min((value: { n: number }) => -value.n)
  expect(taken.result(fold(taken, [{ n: 7 }]))).toBe(-7)
})

test('without elements it is Number.POSITIVE_INFINITY', () => {
  expect(minOf.result(minOf.create())).toBe(Number.POSITIVE_INFINITY)
})

test('NaN is refused, and what was there stays', () => {
  const accumulator = fold(minOf, [3])
  expect(() => minOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(InvalidRecordError)
  expect(() => minOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(/^min\(…\) took NaN from the element/)
  expect(minOf.result(accumulator)).toBe(3)
})
