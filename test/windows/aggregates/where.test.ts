import { expect, test } from 'vitest'
import { aggregate } from '../../../lib/windows/aggregates/aggregate.ts'
import { collect } from '../../../lib/windows/aggregates/collect.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { max } from '../../../lib/windows/aggregates/max.ts'
import { sum } from '../../../lib/windows/aggregates/sum.ts'
import { where } from '../../../lib/windows/aggregates/where.ts'
import { expectLaws, fold } from '../../support/aggregates.ts'

const even = (value: number) => value % 2 === 0
const self = (value: number) => value

test('merging in any order gives what one pass over the chosen elements gives', () => {
  expectLaws(where(even, sum(self)), (values) => values.filter(even).reduce((a, b) => a + b, 0))
  expectLaws(where(even, collect(self, { limit: 5 })), (values) => values.filter(even).slice(0, 5))
  expectLaws(where(even, max(self), null), (values) => {
    const chosen = values.filter(even)
    return chosen.length === 0 ? null : Math.max(...chosen)
  })
})

test('of no chosen element the result is that of nothing, or the one that was given', () => {
  const one = fold(where(even, count()), [1])
  expect(where(even, count()).result(one)).toBe(0)
  expect(where(even, max(self), 'none').result(null)).toBe('none')
})

test('it can be a part of several, and several can be behind it', () => {
  const both = aggregate({ all: count(), even: where(even, aggregate({ n: count(), sum: sum(self) }), null) })
  expect(both.result(fold(both, [1, 2, 4]))).toEqual({ all: 3, even: { n: 2, sum: 6 } })
  expect(both.result(fold(both, [1]))).toEqual({ all: 1, even: null })
})

test('its signature holds that of what is behind it', () => {
  expect(where(even, count()).signature).toBe('where count')
})
