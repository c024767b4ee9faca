import { aggregate, count, json, keyBy, max, type Pipeline, pipeline, sum, tumbling, window } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import * as z from 'zod'
import type { Flight } from './flight.ts'

const HOUR = 3_600_000

const Arriving = z.object({ destination: z.string(), scheduled: z.iso.datetime(), delay: z.number() })

/** One destination-hour. */
export interface DestinationHour {
  readonly airport: string
  /** Start of the hour of departure, epoch milliseconds. */
  readonly hour: number
  readonly flights: number
  readonly delays: number
  readonly worst: number
}

/**
 * The flights of functions/airport-delays.ts by where they go, though their producers key them by where they
 * come from. The largest delay is 28 hours, so none is late.
 */
export const byDestination = (): Pipeline =>
  pipeline(
    'by-destination',
    kinesis.source({
      stream: 'flights',
      codec: json(Arriving),
      eventTime: (flight) => Date.parse(flight.scheduled),
      maxOutOfOrderness: '2d',
      maxFutureSkew: '2d',
      batch: { size: 5000, interval: '1s' },
    }),
    keyBy((flight) => flight.destination),
    window('by-destination', {
      over: tumbling('1h'),
      aggregate: aggregate({
        flights: count(),
        delays: sum((flight) => flight.delay),
        worst: max((flight) => flight.delay),
      }),
    }),
    dynamodb.sink({
      table: 'by-destination',
      key: ['airport', 'hour'],
      item: ({ key, start, value }): DestinationHour => ({ airport: key, hour: start, ...value }),
    }),
  )

/** What the pipeline must come to, computed without a line of lib/: in one loop, by airport, then hour. */
export function straightByDestination(flights: Iterable<Flight>): DestinationHour[] {
  const windows = new Map<
    string,
    { airport: string; hour: number; flights: number; delays: number; worst: number }
  >()
  for (const { destination: airport, scheduled, delay } of flights) {
    const hour = Math.floor(scheduled / HOUR) * HOUR
    const key = `${airport} ${hour}`
    const found = windows.get(key) ?? { airport, hour, flights: 0, delays: 0, worst: delay }
    found.flights++
    found.delays += delay
    found.worst = Math.max(found.worst, delay)
    windows.set(key, found)
  }
  return [...windows.values()].sort((a, b) =>
    a.airport === b.airport ? a.hour - b.hour : a.airport < b.airport ? -1 : 1,
  )
}
