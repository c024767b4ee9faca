import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../../lib/core/errors.ts'
import { collect } from '../../../lib/windows/aggregates/collect.ts'
import { expectLaws, fold } from '../../support/aggregates.ts'

const self = (value: number) => value

test('merging in any order gives the list in the order of event time, then of position', () => {
  expectLaws(collect(self, { limit: 1_000 }), (values) => [...values])
})

test('above the limit the first ones are kept', () => {
  expectLaws(collect(self, { limit: 3 }), (values) => values.slice(0, 3))
})

test('what is taken is taken by the function given', () => {
  const taken = collect(({ n }: { n: number }) => -n, { limit: 2 })
  expect(taken.result(fold(taken, [{ n: 7 }, { n: 8 }, { n: 9 }]))).toEqual([-7, -8])
})

describe('Refused:', () => {
  test.each([0, 1.5, Number.NaN, Number.POSITIVE_INFINITY])('a limit of %d', (limit) => {
    expect(() => collect(self, { limit })).toThrow(ConfigurationError)
    expect(() => collect(self, { limit })).toThrow(
      `collect(…) has a limit of ${limit}: expected a whole number from 1 on, as the list is kept in the state`,
    )
  })
})
