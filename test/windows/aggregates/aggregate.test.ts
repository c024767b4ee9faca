import { describe, expect, test } from 'vitest'
import { aggregate } from '../../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { max } from '../../../lib/windows/aggregates/max.ts'
import { mean } from '../../../lib/windows/aggregates/mean.ts'
import { sum } from '../../../lib/windows/aggregates/sum.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const last = { create: () => 0, add: (_: number, value: number) => value, result: (value: number) => value }

const several = aggregate({
  n: count(),
  total: sum((value: number) => value),
  mean: mean((value: number) => value),
})

test('each part sees every element, and its result has its name', () => {
  expect(several.result(fold(several, [1, 2, 6]))).toEqual({ n: 3, total: 9, mean: 3 })
})

test('merging in any order gives what one pass gives', () => {
  expectLaws(several, (values) => {
    const total = values.reduce((a, b) => a + b)
    return { n: values.length, total, mean: total / values.length }
  })
})

test('aggregates can be nested', () => {
  const nested = aggregate({ all: several, worst: max((value: number) => value) })
  expect(nested.result(fold(nested, [1, 3]))).toEqual({ all: { n: 2, total: 4, mean: 2 }, worst: 3 })
})

test('parts without a copy of their own are copied too', () => {
  const list = {
    create: (): number[] => [],
    add: (values: number[], value: number) => {
      values.push(value)
      return values
    },
    result: (values: number[]) => values.length,
  }
  const both = aggregate({ n: count(), list })
  const accumulator = both.add(both.create(), 1, placeOf(0))
  const copy = both.copy?.(accumulator) ?? []
  both.add(accumulator, 2, placeOf(1))
  expect(both.result(copy)).toEqual({ n: 1, list: 1 })
})

describe('It can be merged', () => {
  test('if all its parts can', () => {
    expect(several).toHaveProperty('merge')
  })

  test('not if one cannot', () => {
    expect(aggregate({ n: count(), last })).not.toHaveProperty('merge')
  })
})
