import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { mean } from '../../../lib/windows/aggregates/mean.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const meanOf = mean((value: number) => value)

test('merging in any order gives what one pass gives', () => {
  expectLaws(meanOf, (values) => values.reduce((a, b) => a + b) / values.length)
})

test('the number is taken by the function given', () => {
  const taken = mean((value: { n: number }) => -value.n)
  expect(taken.result(fold(taken, [{ n: 7 }]))).toBe(-7)
})

test('without elements it is Number.NaN', () => {
  expect(meanOf.result(meanOf.create())).toBe(Number.NaN)
})

test('NaN is refused, and what was there stays', () => {
  const accumulator = fold(meanOf, [3])
  expect(() => meanOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(InvalidRecordError)
  expect(() => meanOf.add(accumulator, Number.NaN, placeOf(0))).toThrow(
    /^mean\(…\) took NaN from the element/,
  )
  expect(meanOf.result(accumulator)).toBe(3)
})
