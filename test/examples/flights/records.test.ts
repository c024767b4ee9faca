import { describe, expect, it } from 'vitest'
import { badKindAt } from '../../../examples/flights/bad.ts'
import type { FlightColumns } from '../../../examples/flights/columns.ts'
import { badRecordOf, recordOf, recordsBetween } from '../../../examples/flights/records.ts'

const flight = {
  origin: 'LAX',
  destination: 'JFK',
  scheduled: Date.parse('2001-03-04T23:59:00Z'),
  delay: -7,
  distance: 2475,
}

const parse = (record: { data: Uint8Array }) => JSON.parse(String(record.data))

/** 100 flights, one a minute. */
const column = Array.from({ length: 100 }, (_, row) => row)
const flights: FlightColumns = {
  length: 100,
  scheduled: Int32Array.from(column),
  delay: Int16Array.from(column, (row) => row % 3),
  distance: Uint16Array.from(column),
  origin: Uint16Array.from(column, (row) => row % 2),
  destination: Uint16Array.from(column, (row) => (row + 1) % 2),
  airports: ['LAX', 'JFK'],
}
const order = Uint32Array.from(column).reverse()
const share = 0.5

describe('the record of a flight', () => {
  it('is its JSON, keyed by origin, at the time of scheduled departure plus delay', () => {
    const record = recordOf(flight)
    expect(String(record.data)).toBe(
      JSON.stringify({ ...flight, scheduled: '2001-03-04T23:59:00.000Z' }, [
        'origin',
        'destination',
        'scheduled',
        'delay',
        'distance',
      ]),
    )
    expect(record.partitionKey).toBe('LAX')
    expect(record.arrival).toBe(Date.parse('2001-03-04T23:52:00Z'))
  })
})

describe('a bad record', () => {
  it('has the key and the arrival of the flight it comes with', () => {
    const { partitionKey, arrival } = recordOf(flight)
    for (const kind of ['brokenJson', 'missingField', 'farFuture', 'notADate'] as const) {
      expect(badRecordOf(flight, kind)).toMatchObject({ partitionKey, arrival })
    }
  })

  it('is broken in the way of its kind', () => {
    expect(() => parse(badRecordOf(flight, 'brokenJson'))).toThrow(SyntaxError)
    expect(parse(badRecordOf(flight, 'missingField'))).not.toHaveProperty('delay')
    expect(parse(badRecordOf(flight, 'farFuture')).scheduled).toBe('2999-03-04T23:59:00.000Z')
    expect(Date.parse(parse(badRecordOf(flight, 'notADate')).scheduled)).toBeNaN()
  })
})

describe('recordsBetween', () => {
  it('gives the flights in the order of arrival', () => {
    expect(recordsBetween(flights, order, 10, 13).map((record) => parse(record).distance)).toEqual([
      89, 88, 87,
    ])
  })

  it('puts each bad record after the good one that chose it and leaves out no good one', () => {
    const expected = column.flatMap((index) => {
      const one = recordsBetween(flights, order, index, index + 1)
      const kind = badKindAt(index, share)
      const row = 99 - index
      const origin = row % 2 ? 'JFK' : 'LAX'
      return kind ? [...one, { partitionKey: origin, arrival: (row + (row % 3)) * 60_000, kind }] : one
    })
    const records = recordsBetween(flights, order, 0, 100, share)
    expect(records).toHaveLength(expected.length)
    expect(records.length).toBeGreaterThan(130)
    for (const [i, wanted] of expected.entries()) {
      if ('data' in wanted) expect(records[i]).toEqual(wanted)
      else expect(records[i]).toMatchObject({ partitionKey: wanted.partitionKey, arrival: wanted.arrival })
    }
  })

  it('gives the same records wherever a run was cut', () => {
    const whole = recordsBetween(flights, order, 0, 100, share)
    for (const cut of [1, 37, 50, 99]) {
      const parts = [
        ...recordsBetween(flights, order, 0, cut, share),
        ...recordsBetween(flights, order, cut, 100, share),
      ]
      expect(parts).toEqual(whole)
    }
  })
})
