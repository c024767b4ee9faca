import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, InvalidRecordError } from '../../../lib/core/errors.ts'
import { packedBytes } from '../../../lib/state/binary.ts'
import { quantiles } from '../../../lib/windows/aggregates/quantiles.ts'
import { expectLaws, fold, placeOf } from '../../support/aggregates.ts'

const self = (value: number) => value
const PROBABILITIES = { least: 0, quarter: 0.25, median: 0.5, p99: 0.99, most: 1 }

const exact = (values: readonly number[], probability: number): number =>
  values.toSorted((a, b) => a - b)[Math.floor(probability * (values.length - 1))] as number

test.each([0.001, 0.01, 0.2])('every answer is within a relative error of %d', (error) => {
  const numbers = fc.oneof(
    fc.integer({ min: -1_000, max: 1_000 }),
    fc.double({ min: -1e6, max: 1e6, noNaN: true }),
    fc.double({ min: 1e-9, max: 1e-6, noNaN: true }),
  )
  const sketch = quantiles(self, PROBABILITIES, { error })
  fc.assert(
    fc.property(fc.array(numbers, { minLength: 1, maxLength: 200 }), (values) => {
      const answers = sketch.result(fold(sketch, values))
      for (const [name, probability] of Object.entries(PROBABILITIES)) {
        const expected = exact(values, probability)
        const off = Math.abs(answers[name as keyof typeof PROBABILITIES] - expected)
        // What is below the smallest normal number counts as 0.
        expect(off).toBeLessThanOrEqual(Math.abs(expected) * error * (1 + 1e-9) + 1e-300)
      }
    }),
  )
})

test('the answers hold for 100,000 numbers of a long tail, in a small state', () => {
  const sketch = quantiles(self, { p50: 0.5, p99: 0.99, p999: 0.999 })
  const values = Array.from({ length: 100_000 }, (_, index) => Math.exp(12 * ((index * 0.618034) % 1)))
  const known = fold(sketch, values)
  const { p50, p99, p999 } = sketch.result(known)
  expect(Math.abs(p50 / exact(values, 0.5) - 1)).toBeLessThan(0.01)
  expect(Math.abs(p99 / exact(values, 0.99) - 1)).toBeLessThan(0.01)
  expect(Math.abs(p999 / exact(values, 0.999) - 1)).toBeLessThan(0.01)
  expect(packedBytes(known)).toBeLessThan(6_000)
})

test('numbers of too many magnitudes: the small ones are put together, the large ones stay exact', () => {
  const sketch = quantiles(self, { small: 0, large: 0.97 }, { error: 0.5 })
  const values = Array.from({ length: 600 }, (_, power) => 10 ** (power - 300))
  for (const order of [values, values.toReversed()]) {
    const known = fold(sketch, order)
    expect(packedBytes(known)).toBeLessThan(300)
    const { small, large } = sketch.result(known)
    expect(Math.abs(large / exact(values, 0.97) - 1)).toBeLessThan(0.5)
    expect(small).toBeGreaterThan(1e200)
  }
  expectLaws(
    sketch,
    (numbers) => sketch.result(fold(sketch, numbers)),
    fc.integer({ min: -300, max: 300 }).map((power) => 10 ** power),
  )
})

test('merging in any order gives what one pass gives', () => {
  const sketch = quantiles(self, PROBABILITIES)
  expectLaws(sketch, (values) => sketch.result(fold(sketch, values)))
})

test('zero is zero, and the largest number too has an answer', () => {
  const sketch = quantiles(self, { low: 0, high: 1 })
  const { low, high } = sketch.result(fold(sketch, [0, -0, Number.MAX_VALUE]))
  expect(low).toBe(0)
  expect(high / Number.MAX_VALUE).toBeGreaterThan(0.99)
})

describe('Refused:', () => {
  test.each([-0.1, 1.1, Number.NaN])('a probability of %d', (p) => {
    expect(() => quantiles(self, { p })).toThrow(ConfigurationError)
    expect(() => quantiles(self, { p })).toThrow(
      `quantiles(…) is to answer 'p' for the probability ${p}: expected one from 0 to 1, such as 0.99`,
    )
  })

  test.each([0, 0.6, Number.NaN])('an error of %d', (error) => {
    expect(() => quantiles(self, { p: 0.5 }, { error })).toThrow(
      `quantiles(…) has an 'error' of ${error}: expected one from 0.001 to 0.5`,
    )
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])('%d, and what was there stays', (value) => {
    const sketch = quantiles(self, { p: 0.5 })
    const known = fold(sketch, [1])
    expect(() => sketch.add(known, value, placeOf(1))).toThrow(InvalidRecordError)
    expect(known).toEqual(fold(sketch, [1]))
  })
})
