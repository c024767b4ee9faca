import { describe, expect, test } from 'vitest'
import { ConfigurationError, InvalidRecordError } from '../../../lib/core/errors.ts'
import { packedBytes } from '../../../lib/state/binary.ts'
import { approximateCountDistinct } from '../../../lib/windows/aggregates/approximate-count-distinct.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const seeds = Array.from({ length: 60 }, (_, seed) => seed)
const members = (seed: number, n: number) =>
  Array.from({ length: n }, (_, index) => `member ${seed} ${index}`)

/** The relative errors over many sets of n members. */
function errors(precision: number, n: number): number[] {
  const sketch = approximateCountDistinct((value: string) => value, { precision })
  return seeds.map((seed) => sketch.result(fold(sketch, members(seed, n))) / n - 1)
}

const rootMeanSquare = (values: readonly number[]): number =>
  Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length)

describe.each([6, 9, 12])('With a precision of %i', (precision) => {
  const standard = 1.04 / Math.sqrt(2 ** precision)

  test.each([10, 100, 1_000, 10_000])('the error over %i members is the stated one', (n) => {
    const found = errors(precision, n)
    // Of 60 errors the root of the mean square is within 30 % of the true one, at more than 3 sigma.
    expect(rootMeanSquare(found)).toBeLessThan(1.3 * standard)
    expect(Math.max(...found.map(Math.abs))).toBeLessThan(4 * standard)
    const bias = found.reduce((a, b) => a + b, 0) / found.length
    expect(Math.abs(bias)).toBeLessThan((4 * standard) / Math.sqrt(found.length))
  })

  test('the state stays within 2^precision bytes, and is small for a few members', () => {
    const sketch = approximateCountDistinct((value: string) => value, { precision })
    expect(packedBytes(fold(sketch, members(0, 10_000)))).toBeLessThan(2 ** precision + 10)
    expect(packedBytes(fold(sketch, members(0, 3)))).toBeLessThan(40)
  })
})

test('numbers are told apart as well as texts', () => {
  const sketch = approximateCountDistinct((value: number) => value)
  for (const step of [1, 1_024, 1e9, 0.001]) {
    const numbers = Array.from({ length: 5_000 }, (_, index) => index * step)
    expect(Math.abs(sketch.result(fold(sketch, numbers)) / 5_000 - 1)).toBeLessThan(0.06)
  }
})

test('merging in any order gives what one pass gives', () => {
  for (const precision of [4, 6, 12]) {
    const sketch = approximateCountDistinct((value: number) => value, { precision })
    expectLaws(sketch, (values) => sketch.result(fold(sketch, values)))
  }
})

test('what is there already changes nothing', () => {
  const sketch = approximateCountDistinct((value: string) => value)
  const once = fold(sketch, members(1, 500))
  expect(sketch.merge(once, once)).toEqual(once)
  expect(fold(sketch, [...members(1, 500), ...members(1, 500)])).toEqual(once)
})

test('without elements, or of nothing, it is 0', () => {
  const sketch = approximateCountDistinct((value: string | null) => value)
  expect(sketch.result(fold(sketch, [null]))).toBe(0)
})

describe('Refused:', () => {
  test.each([3, 19, 12.5, Number.NaN])('a precision of %d', (precision) => {
    const make = () => approximateCountDistinct((value: string) => value, { precision })
    expect(make).toThrow(ConfigurationError)
    expect(make).toThrow(`approximateCountDistinct(…) has a precision of ${precision}`)
  })

  test('an object', () => {
    const sketch = approximateCountDistinct((value: string) => value)
    const object: unknown = {}
    expect(() => sketch.add(sketch.create(), object as string, placeOf(0))).toThrow(InvalidRecordError)
  })
})
