import { expect, test } from 'vitest'
import { type Duration, milliseconds } from '../../lib/core/duration.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'

test.each([
  ['0ms', 0],
  ['250ms', 250],
  ['10s', 10_000],
  ['5m', 300_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['1.5h', 5_400_000],
  ['36525d', 36_525 * 86_400_000],
] as const)('%s is %i ms', (duration, ms) => {
  expect(milliseconds(duration)).toBe(ms)
})

test.each([
  ['1.001s', 1_001],
  ['0.07m', 4_200],
  ['1.1h', 3_960_000],
  ['4.35m', 261_000],
] as const)('%s is exact although its product is not', (duration, ms) => {
  expect(milliseconds(duration)).toBe(ms)
})

test.each([
  '',
  '5',
  'm',
  '5 min',
  '5 m',
  '5M',
  '-5m',
  '+5m',
  '1e3s',
  '.5s',
  '5.s',
  '0.5ms',
  '36526d',
  '5m\n',
])('%j is refused', (duration) => {
  expect(() => milliseconds(duration as Duration)).toThrow(ConfigurationError)
})

test('the refusal names the option and what was given', () => {
  expect(() => milliseconds('5 min' as Duration, 'allowedLateness')).toThrow(
    `'allowedLateness' is not a duration of whole milliseconds: got '5 min', expected a number and a unit out of ms, s, m, h, d, as in '5m'`,
  )
})
