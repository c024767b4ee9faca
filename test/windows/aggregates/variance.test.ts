import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../../lib/core/errors.ts'
import { standardDeviation, variance } from '../../../lib/windows/aggregates/variance.ts'
import { fold, placeOf } from '../../support/aggregates.ts'

const self = (value: number) => value

/** In two passes. */
const varianceOf = (values: readonly number[], over: 'sample' | 'population'): number => {
  const mean = values.reduce((a, b) => a + b, 0) / values.length
  const squares = values.reduce((sum, value) => sum + (value - mean) ** 2, 0)
  return squares / (over === 'sample' ? values.length - 1 : values.length)
}

const numbers = fc.array(fc.double({ min: -1e3, max: 1e3, noNaN: true }), { minLength: 2, maxLength: 50 })
const near = (value: number, expected: number) =>
  expect(Math.abs(value - expected)).toBeLessThanOrEqual(1e-9 * Math.max(1, expected))

test.each(['sample', 'population'] as const)('over a %s it is what two passes give', (over) => {
  const of = variance(self, over)
  fc.assert(
    fc.property(numbers, (values) => {
      near(of.result(fold(of, values)), varianceOf(values, over))
      const deviation = standardDeviation(self, over)
      near(deviation.result(fold(deviation, values)), Math.sqrt(varianceOf(values, over)))
    }),
  )
})

test('merging in any order gives what two passes give, but for the last digits', () => {
  const of = variance(self)
  fc.assert(
    fc.property(numbers, numbers, numbers, (x, y, z) => {
      const expected = varianceOf([...x, ...y, ...z], 'sample')
      const [a, b, c] = [fold(of, x), fold(of, y), fold(of, z)]
      near(of.result(of.merge(of.merge(a, b), c)), expected)
      near(of.result(of.merge(a, of.merge(b, c))), expected)
      near(of.result(of.merge(c, of.merge(b, a))), expected)
      expect(of.merge(of.create(), a)).toEqual(a)
      expect(of.merge(a, of.create())).toEqual(a)
      const copy = of.copy?.(a)
      of.add(a, 1e6, placeOf(0))
      expect(copy).toEqual(fold(of, x))
    }),
  )
})

test('numbers far from 0 and close together lose nothing, as a sum of squares would', () => {
  const of = variance(self)
  expect(of.result(fold(of, [1e9 + 4, 1e9 + 7, 1e9 + 13, 1e9 + 16]))).toBe(30)
  expect(of.result(of.merge(fold(of, [1e9 + 4, 1e9 + 7]), fold(of, [1e9 + 13, 1e9 + 16])))).toBe(30)
})

test('of one element that of a population is 0, and that of a sample unknown', () => {
  expect(variance(self, 'population').result(fold(variance(self), [5]))).toBe(0)
  expect(variance(self).result(fold(variance(self), [5]))).toBe(Number.NaN)
})

test.each([Number.NaN, Number.NEGATIVE_INFINITY])('%d is refused, and what was there stays', (value) => {
  const of = standardDeviation(self)
  const known = fold(of, [3])
  expect(() => of.add(known, value, placeOf(1))).toThrow(InvalidRecordError)
  expect(() => of.add(known, value, placeOf(1))).toThrow(/^standardDeviation\(…\) took/)
  expect(known).toEqual([1, 3, 0])
})
