import { createHash } from 'node:crypto'
import type { AirportHour } from './airport-hour.ts'
import { arrivalOrder, arrivingFlights } from './arrivals.ts'
import { badKindAt } from './bad.ts'
import { readFlights } from './columns.ts'
import { arrivalOf, type Flight } from './flight.ts'

// What functions/airport-delays.ts must come to, computed without a line of lib/: one loop, no batches,
// no state log. The settings are repeated here so that a change on either side shows.
const HOUR = 3_600_000
const MAX_OUT_OF_ORDERNESS = HOUR
const MAX_FUTURE_SKEW = HOUR
const ALLOWED_LATENESS = 3 * HOUR
const SHARDS = 4

/** What happened to the records: `in = onTime + updated + late + failed`. */
export interface StraightResult {
  /** Sorted by airport, then hour. */
  readonly items: readonly AirportHour[]
  readonly counts: { in: number; onTime: number; updated: number; late: number; failed: number }
  readonly lateCount: number
  /** Firings: of windows as they closed, and again for each record that came after. */
  readonly panes: { readonly onTime: number; readonly updated: number }
}

interface Window {
  readonly airport: string
  readonly start: number
  flights: number
  delays: number
  worst: number
  over: number
  /** Whether the window held anything when it closed, or began with an update. */
  readonly inTime: boolean
}

/**
 * The windows of flights given in the order of arrival.
 * @param ended whether the stream has ended, so that every window is closed; a paused one closes none
 * @param bad share of bad records, see `badKindAt`
 * @param shards the flights of each in the order of their arrival
 */
export function straightWindows(
  flights: Iterable<Flight & { readonly arrival?: number }>,
  ended: boolean,
  bad = 0,
  shards = SHARDS,
): StraightResult {
  const counts = { in: 0, onTime: 0, updated: 0, late: 0, failed: 0 }
  const watermarks = new Array<number>(shards).fill(Number.NEGATIVE_INFINITY)
  const airports = new Map<string, { shard: number; windows: Map<number, Window> }>()
  let index = 0

  for (const { origin, scheduled, delay, arrival = arrivalOf({ scheduled, delay }) } of flights) {
    counts.in += 1
    if (bad > 0 && badKindAt(index, bad)) {
      counts.in += 1
      counts.failed += 1
    }
    index += 1
    if (scheduled - arrival > MAX_FUTURE_SKEW) {
      counts.failed += 1
      continue
    }
    let airport = airports.get(origin)
    if (!airport) {
      airport = { shard: shardOf(origin, shards), windows: new Map() }
      airports.set(origin, airport)
    }
    const watermark = watermarks[airport.shard] as number
    const start = Math.floor(scheduled / HOUR) * HOUR
    const last = start + HOUR - 1
    if (last + ALLOWED_LATENESS <= watermark) counts.late += 1
    else {
      const inTime = last > watermark
      if (inTime) counts.onTime += 1
      else counts.updated += 1
      let window = airport.windows.get(start)
      if (!window) {
        window = { airport: origin, start, flights: 0, delays: 0, worst: delay, over: 0, inTime }
        airport.windows.set(start, window)
      }
      window.flights += 1
      window.delays += delay
      window.worst = Math.max(window.worst, delay)
      if (delay > 15) window.over += 1
    }
    // A late record is an accepted one: it moves the watermark too, if it can
    watermarks[airport.shard] = Math.max(watermark, scheduled - MAX_OUT_OF_ORDERNESS - 1)
  }

  const items: AirportHour[] = []
  let onTime = 0
  for (const [, { shard, windows }] of [...airports].sort(([a], [b]) => (a < b ? -1 : 1))) {
    const watermark = ended ? Number.POSITIVE_INFINITY : (watermarks[shard] as number)
    const fired = [...windows.values()].filter((window) => window.start + HOUR - 1 <= watermark)
    // A fired window fires again with every update, so its last pane holds all that it has
    for (const window of fired.sort((a, b) => a.start - b.start)) {
      items.push(itemOf(window))
      if (window.inTime) onTime += 1
    }
  }
  return { items, counts, lateCount: counts.late, panes: { onTime, updated: counts.updated } }
}

/** The same over the real flights, read from the file. */
export async function straightComputation(options: {
  readonly limit?: number
  /** Default: whether `limit` reaches the last flight. */
  readonly ended?: boolean
  readonly bad?: number
}): Promise<StraightResult> {
  const { limit = Number.POSITIVE_INFINITY, bad = 0 } = options
  const flights = await readFlights()
  const ended = options.ended ?? limit >= flights.length
  return straightWindows(arrivingFlights(flights, arrivalOrder(flights), limit), ended, bad)
}

const itemOf = ({ airport, start, flights, delays, worst, over }: Window): AirportHour => ({
  airport,
  hour: start,
  flights,
  meanDelay: delays / flights,
  worst,
  over15: over / flights,
})

/** Kinesis: the MD5 of the key as a number, in an even split of 2^128. */
function shardOf(key: string, shards: number): number {
  const hash = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
  return Number((hash * BigInt(shards)) >> 128n)
}
