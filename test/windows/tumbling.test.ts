import { expect, test } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'

test.each([
  ['at its start', 5_000, 5_000],
  ['inside', 7_000, 5_000],
  ['one ms before the end', 9_999, 5_000],
  ['at its end, which is the next', 10_000, 10_000],
  ['at the epoch', 0, 0],
  ['just before the epoch', -1, -5_000],
  ['at a negative start', -5_000, -5_000],
  ['one ms before a negative start', -5_001, -10_000],
])('an event %s', (_, eventTime, start) => {
  const windows = tumbling('5s')
  expect(windows.startOf(eventTime)).toBe(start)
  expect(windows.endOf(start)).toBe(start + 5_000)
})

test('the signature tells sizes apart, not ways to write them', () => {
  expect(tumbling('60m').signature).toBe(tumbling('1h').signature)
  expect(tumbling('61m').signature).not.toBe(tumbling('1h').signature)
})

test('a size of nothing is refused', () => {
  expect(() => tumbling('0s')).toThrow(`tumbling('0s') has no length: expected at least '1ms'`)
  expect(() => tumbling('0s')).toThrow(ConfigurationError)
  expect(() => tumbling('5 min' as Duration)).toThrow(/^'tumbling' is not a duration/)
})
