import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { max } from '../../../lib/windows/aggregates/max.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const maxOf = max((value: number) => value)

test('merging in any order gives what one pass gives', () => {
  expectLaws(maxOf, (values) => Math.max(...values))
})

test('the number is taken by the function given', () => {
  const taken = max((value: { n: number }) => -value.n)
  expect(taken.result(fold(taken, [{ n: 7 }]))).toBe(-7)
})

test('without elements it is Number.NEGATIVE_INFINITY', () => {
  expect(maxOf.result(maxOf.create())).toBe(Number.NEGATIVE_INFINITY)
})

test('NaN is refused, and what was there stays', () => {
  const accumulator = fold(maxOf, [3])
  expect(() => maxOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(InvalidRecordError)
  expect(() => maxOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(/^max\(…\) took NaN from the element/)
  expect(maxOf.result(accumulator)).toBe(3)
})
