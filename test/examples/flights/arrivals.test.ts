import { beforeAll, describe, expect, it } from 'vitest'
import { arrivalOrder } from '../../../examples/flights/arrivals.ts'
import { type FlightColumns, readFlights } from '../../../examples/flights/columns.ts'
import { recordsBetween } from '../../../examples/flights/records.ts'

const orderOf = (flights: [scheduled: number, delay: number][]) => [
  ...arrivalOrder({
    length: flights.length,
    scheduled: Int32Array.from(flights, ([scheduled]) => scheduled),
    delay: Int16Array.from(flights, ([, delay]) => delay),
  }),
]

describe('the order of arrival', () => {
  it('is by scheduled departure plus delay', () => {
    expect(
      orderOf([
        [100, 50],
        [101, 0],
        [102, -10],
        [103, 5],
      ]),
    ).toEqual([2, 1, 3, 0])
  })

  it('keeps the order of the file among flights of one minute', () => {
    expect(
      orderOf([
        [10, 0],
        [8, 2],
        [9, 0],
        [5, 5],
        [10, 0],
        [11, -2],
      ]),
    ).toEqual([2, 5, 0, 1, 3, 4])
  })

  it('holds for times before the epoch and for no flights at all', () => {
    expect(
      orderOf([
        [-5, 0],
        [-5, -3],
        [0, 0],
      ]),
    ).toEqual([1, 0, 2])
    expect(orderOf([])).toEqual([])
  })
})

describe('the 3,000,000 flights', () => {
  let flights: FlightColumns
  let order: Uint32Array

  beforeAll(async () => {
    flights = await readFlights()
    order = arrivalOrder(flights)
  }, 60_000)

  it('arrive in ascending order, ties in the order of the file, each once', () => {
    let disorder = 0
    let last = { minute: Number.NEGATIVE_INFINITY, row: -1 }
    const seen = new Uint8Array(flights.length)
    for (const row of order) {
      seen[row] = 1
      const minute = Number(flights.scheduled[row]) + Number(flights.delay[row])
      if (minute < last.minute || (minute === last.minute && row < last.row)) disorder += 1
      last = { minute, row }
    }
    expect({ length: order.length, disorder, missing: seen.indexOf(0) }).toEqual({
      length: 3_000_000,
      disorder: 0,
      missing: -1,
    })
  })

  it('begin and end with the records that a reader of the file finds', () => {
    const [first] = recordsBetween(flights, order, 0, 1)
    const [last] = recordsBetween(flights, order, 2_999_999, 3_000_000)
    expect({ ...first, data: String(first?.data) }).toEqual({
      data: '{"origin":"LAX","destination":"ATL","scheduled":"2001-01-01T00:03:00.000Z","delay":-20,"distance":1946}',
      partitionKey: 'LAX',
      arrival: Date.parse('2000-12-31T23:43:00Z'),
    })
    expect({ ...last, data: String(last?.data) }).toEqual({
      data: '{"origin":"JFK","destination":"MSP","scheduled":"2001-06-30T23:54:00.000Z","delay":353,"distance":1028}',
      partitionKey: 'JFK',
      arrival: Date.parse('2001-07-01T05:47:00Z'),
    })
  })

  it('hold 142 whose event time is more than an hour ahead of their arrival', () => {
    expect(flights.delay.filter((delay) => delay < -60)).toHaveLength(142)
  })
})
