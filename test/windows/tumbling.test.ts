import { describe, expect, test } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, hours, reading, readings, run } from '../support/readings.ts'

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

describe('An offset', () => {
  test('moves all windows, by less than their size', () => {
    const windows = tumbling('1h', { offset: '15m' })
    expect(windows.startOf(hours(1))).toBe(hours(0.25))
    expect(windows.startOf(hours(1.25))).toBe(hours(1.25))
    expect(windows.endOf(hours(0.25))).toBe(hours(1.25))
    expect(tumbling('1h', { offset: '75m' }).signature).toBe(windows.signature)
  })

  test('of four days makes weeks begin on Monday', () => {
    const monday = tumbling('7d', { offset: '4d' }).startOf(Date.parse('2026-11-24T12:00:00Z'))
    expect(new Date(monday).toISOString()).toBe('2026-11-23T00:00:00.000Z')
  })
})

describe('With a time zone', () => {
  const berlin = { timeZone: 'Europe/Berlin' } as const

  test('a window is the whole day on which the clocks are changed, half-open as any', async () => {
    const made = pipeline(
      'p',
      readings('1h'),
      keyBy(),
      window('w', { over: tumbling('1d', berlin), aggregate: count() }),
      all(),
    )
    const times = [
      '2026-03-28T22:59:59.999Z',
      '2026-03-28T23:00:00Z',
      '2026-03-29T21:59:59.999Z',
      '2026-03-29T22:00:00Z',
      '2026-10-24T22:00:00Z',
      '2026-10-25T22:59:59.999Z',
      '2026-10-25T23:00:00Z',
    ]
    const driven = run(made)
      .send(...times.map((time) => reading(Date.parse(time))))
      .end()
    const panes = await emitted<Windowed<string, number>>(driven)
    expect(panes.map(({ start, end, value }) => [value, (end - start) / hours(1)])).toEqual([
      [1, 24],
      [2, 23],
      [1, 24],
      [2, 25],
      [1, 24],
    ])
  })

  test('zone and offset are part of the signature', () => {
    const signatures = [
      tumbling('1d'),
      tumbling('1d', berlin),
      tumbling('1d', { timeZone: 'UTC' }),
      tumbling('1d', { ...berlin, offset: '6h' }),
      tumbling('1d', { offset: '6h' }),
    ].map(({ signature }) => signature)
    expect(new Set(signatures).size).toBe(5)
  })

  test('a part of a day is refused, also where types do not say so', () => {
    expect(() => tumbling('1.5d', berlin)).toThrow(ConfigurationError)
    expect(() => tumbling('1.5d', berlin)).toThrow(
      `tumbling('1.5d', { timeZone: 'Europe/Berlin' }) cuts days: expected whole days, such as '1d'`,
    )
  })
})
