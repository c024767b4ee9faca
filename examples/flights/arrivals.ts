import type { FlightColumns } from './columns.ts'
import { type Flight, flightAt } from './flight.ts'

/**
 * The rows in the order in which the flights arrive: by scheduled departure plus delay; flights of the
 * same minute stay in the file's order. A counting sort: there are 11 flights to a minute.
 */
export function arrivalOrder(flights: Pick<FlightColumns, 'scheduled' | 'delay' | 'length'>): Uint32Array {
  const minutes = new Int32Array(flights.length)
  let earliest = Number.POSITIVE_INFINITY
  let latest = Number.NEGATIVE_INFINITY
  for (let row = 0; row < minutes.length; row++) {
    const minute = (flights.scheduled[row] as number) + (flights.delay[row] as number)
    minutes[row] = minute
    if (minute < earliest) earliest = minute
    if (minute > latest) latest = minute
  }
  if (minutes.length === 0) return new Uint32Array(0)

  // next[m] counts the flights before minute m, then moves on as the flights of m are placed
  const next = new Uint32Array(latest - earliest + 2)
  for (const minute of minutes) next[minute - earliest + 1] = (next[minute - earliest + 1] as number) + 1
  for (let m = 1; m < next.length; m++) next[m] = (next[m] as number) + (next[m - 1] as number)

  const order = new Uint32Array(minutes.length)
  for (let row = 0; row < minutes.length; row++) {
    const m = (minutes[row] as number) - earliest
    const place = next[m] as number
    order[place] = row
    next[m] = place + 1
  }
  return order
}

/** The first `limit` flights as they arrive. */
export function* arrivingFlights(
  flights: FlightColumns,
  order: Uint32Array,
  limit = Number.POSITIVE_INFINITY,
): Generator<Flight> {
  const end = Math.min(limit, order.length)
  for (let index = 0; index < end; index++) yield flightAt(flights, order[index] as number)
}
