import type { FlightColumns } from './columns.ts'

/** One flight. */
export interface Flight {
  readonly origin: string
  readonly destination: string
  /** Scheduled departure: the event time, epoch milliseconds. */
  readonly scheduled: number
  /** Minutes. */
  readonly delay: number
  /** Miles. */
  readonly distance: number
}

const MINUTE = 60_000

/** The flight in `row` of the file. */
export function flightAt(flights: FlightColumns, row: number): Flight {
  if (!(row >= 0 && row < flights.length)) throw new RangeError(`No flight ${row} in ${flights.length}`)
  return {
    origin: flights.airports[flights.origin[row] as number] as string,
    destination: flights.airports[flights.destination[row] as number] as string,
    scheduled: (flights.scheduled[row] as number) * MINUTE,
    delay: flights.delay[row] as number,
    distance: flights.distance[row] as number,
  }
}

/** When the flight's record arrives, epoch milliseconds: once it has left, so late by its delay. */
export const arrivalOf = (flight: Pick<Flight, 'scheduled' | 'delay'>): number =>
  flight.scheduled + flight.delay * MINUTE
