import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { calendarDays, DAY } from '../../lib/windows/calendar.ts'
import { hours } from '../support/readings.ts'

const at = (text: string): number => Date.parse(text)

/** The windows of one day that begin at midnight in a zone: which one a time is in, and how many hours it has. */
const dayOf = (timeZone: string, time: string): [start: string, hours: number] => {
  const days = calendarDays(DAY, 0, timeZone)
  const start = days.startOf(at(time))
  return [new Date(start).toISOString(), (days.endOf(start) - start) / hours(1)]
}

describe('A day in Berlin', () => {
  test.each([
    ['in winter', '2026-01-15T12:00:00Z', '2026-01-14T23:00:00.000Z', 24],
    ['in summer', '2026-07-15T12:00:00Z', '2026-07-14T22:00:00.000Z', 24],
    ['in which the clocks go on', '2026-03-29T12:00:00Z', '2026-03-28T23:00:00.000Z', 23],
    ['in which the clocks go back', '2026-10-25T12:00:00Z', '2026-10-24T22:00:00.000Z', 25],
    ['at its first moment', '2026-10-24T22:00:00Z', '2026-10-24T22:00:00.000Z', 25],
    ['at its last', '2026-10-25T22:59:59.999Z', '2026-10-24T22:00:00.000Z', 25],
    ['at the first of the next', '2026-10-25T23:00:00Z', '2026-10-25T23:00:00.000Z', 24],
  ])('%s', (_, time, start, length) => {
    expect(dayOf('Europe/Berlin', time)).toEqual([start, length])
  })
})

describe('A day begins', () => {
  test('when the clocks go on, where midnight is left out', () => {
    // São Paulo, 2018-11-04: from 00:00 straight to 01:00.
    expect(dayOf('America/Sao_Paulo', '2018-11-04T12:00:00Z')).toEqual(['2018-11-04T03:00:00.000Z', 23])
  })

  test('at the first midnight, where there are two', () => {
    // Havana, 2026-11-01: from 01:00 back to 00:00.
    expect(dayOf('America/Havana', '2026-11-01T04:30:00Z')).toEqual(['2026-11-01T04:00:00.000Z', 25])
    expect(dayOf('America/Havana', '2026-11-01T05:30:00Z')).toEqual(['2026-11-01T04:00:00.000Z', 25])
  })

  test('by half an hour elsewhere, where the zone is', () => {
    expect(dayOf('Asia/Kolkata', '2026-05-05T00:00:00Z')).toEqual(['2026-05-04T18:30:00.000Z', 24])
  })

  test('after the one that a country left out', () => {
    // Apia went from the 29th to the 31st of December 2011.
    expect(dayOf('Pacific/Apia', '2011-12-30T09:59:59Z')).toEqual(['2011-12-29T10:00:00.000Z', 24])
    expect(dayOf('Pacific/Apia', '2011-12-30T10:00:00Z')).toEqual(['2011-12-30T10:00:00.000Z', 24])
  })
})

test('several days count on from 1970, and an offset moves them', () => {
  const weeks = calendarDays(7 * DAY, 4 * DAY, 'Europe/Berlin')
  const start = weeks.startOf(at('2026-10-25T12:00:00Z'))
  expect(new Date(start).toISOString()).toBe('2026-10-18T22:00:00.000Z')
  expect(weeks.endOf(start) - start).toBe(7 * DAY + hours(1))
})

const zones = fc.constantFrom(
  'UTC',
  'Europe/Berlin',
  'America/New_York',
  'America/Sao_Paulo',
  'Australia/Lord_Howe',
  'Asia/Tehran',
  'Africa/Casablanca',
  'Pacific/Apia',
)
const clock = (timeZone: string, time: number): string =>
  new Intl.DateTimeFormat('en-CA', { timeZone, year: 'numeric', month: '2-digit', day: '2-digit' }).format(
    time,
  )

test('two times are in one window if and only if the calendar of the zone shows one date', () => {
  fc.assert(
    fc.property(
      zones,
      fc.integer({ min: at('1990-01-01'), max: at('2035-01-01') }),
      fc.integer({ min: 0, max: 2 * DAY }),
      (zone, time, more) => {
        const days = calendarDays(DAY, 0, zone)
        const [a, b] = [days.startOf(time), days.startOf(time + more)]
        expect(a === b).toBe(clock(zone, time) === clock(zone, time + more))
        expect(a <= time && time < days.endOf(a)).toBe(true)
        expect(days.startOf(days.endOf(a))).toBe(days.endOf(a))
      },
    ),
    { numRuns: 500 },
  )
})

test('a zone that is not there is refused', () => {
  expect(() => calendarDays(DAY, 0, 'Europe/Berlino')).toThrow(
    `there is no time zone 'Europe/Berlino': expected a name of the IANA database, such as 'Europe/Berlin'`,
  )
  expect(() => calendarDays(DAY, 0, 'Europe/Berlino')).toThrow(ConfigurationError)
})
