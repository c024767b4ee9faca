import { beforeAll, expect, test } from 'vitest'
import { arrivalOrder, arrivingFlights } from '../../../examples/flights/arrivals.ts'
import { byDestination, straightByDestination } from '../../../examples/flights/by-destination.ts'
import { readFlights } from '../../../examples/flights/columns.ts'
import type { Flight } from '../../../examples/flights/flight.ts'
import { recordOf } from '../../../examples/flights/records.ts'
import { drive } from '../../../lib/testing/index.ts'

const FLIGHTS = 60_000

let flights: Flight[]

beforeAll(async () => {
  const columns = await readFlights()
  flights = [...arrivingFlights(columns, arrivalOrder(columns), FLIGHTS)]
}, 120_000)

test.each([1, 2, 4, 8])(
  'flights put by origin come to the same table by destination, over %d shards with a split and a merge',
  async (shards) => {
    const records = flights.map(recordOf)
    const third = FLIGHTS / 3
    const driven = drive(byDestination(), { shards, exchangeShards: 2 })
      .sendRecords(records.slice(0, third))
      .reshard({ split: 0 })
      .reshard({ split: 1 }, 'by-destination.by-destination')
      .sendRecords(records.slice(third, 2 * third))
      .restart()
      .reshard({ merge: [shards, shards + 1] })
      .reshard({ merge: [0, 2] }, 'by-destination.by-destination')
      .sendRecords(records.slice(2 * third))
      .end()
    expect(await driven.output()).toEqual(straightByDestination(flights))
    expect(await driven.deadLetters()).toEqual([])
  },
  120_000,
)
