import { type BadKind, badKindAt } from './bad.ts'
import type { FlightColumns } from './columns.ts'
import { arrivalOf, type Flight, flightAt } from './flight.ts'

/** A record as the stream takes it. */
export interface FlightRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** Epoch milliseconds. */
  readonly arrival: number
}

/** The good record of a flight. */
export const recordOf = (flight: Flight): FlightRecord => record(flight, json(flight, iso(flight.scheduled)))

/** A bad record that comes with the flight: its key, its arrival, and data that nothing can use. */
export const badRecordOf = (flight: Flight, kind: BadKind): FlightRecord =>
  record(flight, broken(flight, kind))

/**
 * The records of the flights at `from` (inclusive) to `to` (exclusive) in the order of arrival. A bad
 * record is an additional one, right after the good one whose index chose it.
 */
export function recordsBetween(
  flights: FlightColumns,
  order: Uint32Array,
  from: number,
  to: number,
  bad = 0,
): FlightRecord[] {
  const records: FlightRecord[] = []
  for (let index = from; index < to; index++) {
    const flight = flightAt(flights, order[index] as number)
    records.push(recordOf(flight))
    const kind = bad > 0 ? badKindAt(index, bad) : undefined
    if (kind) records.push(badRecordOf(flight, kind))
  }
  return records
}

const record = (flight: Flight, text: string): FlightRecord => ({
  data: Buffer.from(text, 'latin1'),
  partitionKey: flight.origin,
  arrival: arrivalOf(flight),
})

/** By hand, at a third of the cost of JSON.stringify; airport codes have nothing to escape. */
const json = (flight: Flight, scheduled: string): string =>
  `{"origin":"${flight.origin}","destination":"${flight.destination}","scheduled":"${scheduled}",` +
  `"delay":${flight.delay},"distance":${flight.distance}}`

function broken(flight: Flight, kind: BadKind): string {
  const scheduled = iso(flight.scheduled)
  switch (kind) {
    case 'brokenJson':
      return json(flight, scheduled).slice(0, -20)
    case 'missingField':
      return `{"origin":"${flight.origin}","destination":"${flight.destination}","scheduled":"${scheduled}"}`
    case 'farFuture':
      return json(flight, `2999${scheduled.slice(4)}`)
    case 'notADate':
      return json(flight, 'yesterday')
  }
}

const MINUTE = 60_000
const DAY = 86_400_000
const dates = new Map<number, string>()
const times: string[] = Array.from({ length: DAY / MINUTE }, (_, minute) =>
  new Date(minute * MINUTE).toISOString().slice(10),
)

/** ISO 8601 of a whole minute, from the two halves: a Date for each flight costs as much as the rest. */
function iso(time: number): string {
  const day = Math.floor(time / DAY)
  let date = dates.get(day)
  if (date === undefined) {
    date = new Date(day * DAY).toISOString().slice(0, 10)
    dates.set(day, date)
  }
  return date + times[(time - day * DAY) / MINUTE]
}
