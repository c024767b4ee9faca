import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { countDistinct, type Distinct } from '../../../lib/windows/aggregates/count-distinct.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const self = (value: Distinct) => value

test('merging in any order gives what one pass gives', () => {
  expectLaws(
    countDistinct((value: number) => value % 7),
    (values) => new Set(values.map((value) => value % 7)).size,
  )
})

test('1 and "1" and true are different, 0 and -0 are not', () => {
  const distinct = countDistinct(self)
  expect(distinct.result(fold(distinct, [1, '1', true, 1, 0, -0]))).toBe(4)
})

test('nothing is not counted', () => {
  const distinct = countDistinct(self)
  expect(distinct.result(fold(distinct, [null, undefined, 'a']))).toBe(1)
})

test('objects are refused: no two of them are the same', () => {
  const distinct = countDistinct(self)
  const date: unknown = new Date(0)
  expect(() => distinct.add(distinct.create(), date as string, placeOf(0))).toThrow(InvalidRecordError)
  expect(() => distinct.add(distinct.create(), date as string, placeOf(0))).toThrow(
    /^countDistinct\(…\) took .* from the element: expected a string, a number or a boolean/,
  )
})
