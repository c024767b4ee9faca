import { expect, test } from 'vitest'
import { copyOf, copyValue } from '../../lib/windows/aggregate.ts'

test('without a copy of its own an aggregate is copied deep', () => {
  const list = { create: () => [[0]], add: (a: number[][]) => a, result: (a: number[][]) => a }
  const accumulator = list.create()
  const copy = copyOf(list, accumulator)
  expect(copy).toEqual(accumulator)
  expect(copy[0]).not.toBe(accumulator[0])
})

test('the copy of an aggregate is its own affair', () => {
  const numbers = {
    create: () => 0,
    add: (a: number) => a,
    result: (a: number) => a,
    copy: (a: number) => a + 1,
  }
  expect(copyOf(numbers, 1)).toBe(2)
})

test('a value is its own copy', () => {
  expect(copyValue('a')).toBe('a')
})
