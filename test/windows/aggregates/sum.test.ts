import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { sum } from '../../../lib/windows/aggregates/sum.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const sumOf = sum((value: number) => value)

test('merging in any order gives what one pass gives', () => {
  expectLaws(sumOf, (values) => values.reduce((a, b) => a + b))
})

test('the number is taken by the function given', () => {
  const taken = sum((value: { n: number }) => -value.n)
  expect(taken.result(fold(taken, [{ n: 7 }]))).toBe(-7)
})

test('without elements it is 0', () => {
  expect(sumOf.result(sumOf.create())).toBe(0)
})

test('NaN is refused, and what was there stays', () => {
  const accumulator = fold(sumOf, [3])
  expect(() => sumOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(InvalidRecordError)
  expect(() => sumOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(/^sum\(…\) took NaN from the element/)
  expect(sumOf.result(accumulator)).toBe(3)
})
