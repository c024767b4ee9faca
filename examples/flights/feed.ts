import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../../lib/time/clock.ts'
import type { FlightColumns } from './columns.ts'
import type { Credit } from './credit.ts'
import { arrivalOf, flightAt } from './flight.ts'
import { type FlightRecord, recordsBetween } from './records.ts'

const FLIGHTS_PER_PUT = 5_000
/** At a given speed: how long to gather what falls due, so that a put holds more than one flight. */
const LEAST_WAIT_MS = 50

/** What `feed` puts, and how fast. */
export interface FeedOptions {
  readonly flights: FlightColumns
  /** Rows in the order of arrival. */
  readonly order: Uint32Array
  /** Index into `order` of the first flight to put, and of the first one not to. */
  readonly from: number
  readonly to: number
  /** Event seconds a second; `Infinity`: as fast as it goes. */
  readonly speed: number
  /** Share of bad records, see `badKindAt`. */
  readonly bad: number
  readonly credit: Credit
  readonly clock: Clock
  /** Ends the feed between two puts. */
  readonly signal: AbortSignal
  /** Stores the records, and with them that all flights before `offset` are put. */
  readonly put: (records: FlightRecord[], offset: number) => void
}

/**
 * Puts the flights from `from` to `to` in the order of arrival, in runs of at most 5,000.
 * @returns the index of the first flight that was not put: `to`, unless stopped
 */
export async function feed(options: FeedOptions): Promise<number> {
  const { flights, order, from, to, speed, bad, credit, clock, signal, put } = options
  const arrivalAt = (index: number) => arrivalOf(flightAt(flights, order[index] as number))
  const started = clock.now()
  const first = from < to ? arrivalAt(from) : 0
  let offset = from
  while (offset < to) {
    await credit.available(signal)
    if (signal.aborted) break
    let next = Math.min(to, offset + FLIGHTS_PER_PUT)
    if (speed !== Number.POSITIVE_INFINITY) {
      const due = first + (clock.now() - started) * speed
      let end = offset
      while (end < next && arrivalAt(end) <= due) end++
      if (end === offset) {
        await clock.sleep(Math.max(LEAST_WAIT_MS, (arrivalAt(offset) - due) / speed), signal)
        continue
      }
      next = end
    }
    const records = recordsBetween(flights, order, offset, next, bad)
    put(records, next)
    credit.spend(records.length)
    offset = next
    // Lets messages in: without it credit and stop would wait until the feed is through
    await setImmediate()
  }
  return offset
}
