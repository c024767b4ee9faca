import { describe, expect, test } from 'vitest'
import { ConfigurationError, InvalidRecordError } from '../../../lib/core/errors.ts'
import { topK } from '../../../lib/windows/aggregates/top-k.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const self = (value: number) => value

test.each([1, 3, 100])('merging in any order gives the %i largest, of equal ones the earlier before', (k) => {
  expectLaws(topK(k, self), (values) => values.toSorted((a, b) => b - a).slice(0, k))
  // By tens, so that many are equal: the sort of the oracle is stable.
  const tens = (value: number) => Math.floor(value / 100_000)
  expectLaws(topK(k, tens), (values) => values.toSorted((a, b) => tens(b) - tens(a)).slice(0, k))
})

test('elements are kept whole', () => {
  const dearest = topK(1, ({ price }: { id: string; price: number }) => price)
  const bids = [
    { id: 'a', price: 1 },
    { id: 'b', price: 3 },
    { id: 'c', price: 2 },
  ]
  expect(dearest.result(fold(dearest, bids))).toEqual([{ id: 'b', price: 3 }])
})

test('a rank that is no number is refused, and what was there stays', () => {
  const two = topK(2, self)
  const known = fold(two, [3])
  expect(() => two.add(known, Number.NaN, placeOf(1))).toThrow(InvalidRecordError)
  expect(two.result(known)).toEqual([3])
})

describe('Refused:', () => {
  test.each([0, -1, 2.5, Number.NaN])('the %d largest', (k) => {
    expect(() => topK(k, self)).toThrow(ConfigurationError)
    expect(() => topK(k, self)).toThrow(`topK(${k}, …): expected a whole number from 1 on`)
  })
})
