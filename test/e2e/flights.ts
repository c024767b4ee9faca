import type { AirportHour } from '../../examples/flights/airport-hour.ts'
import { jsonLines } from '../../examples/flights/airport-hour.ts'
import { arrivalOrder } from '../../examples/flights/arrivals.ts'
import { readFlights } from '../../examples/flights/columns.ts'
import { recordsBetween } from '../../examples/flights/records.ts'
import { straightWindows } from '../../examples/flights/straight.ts'
import type { Account, StoredRecord } from './account.ts'
import type { Misfortune } from './misfortune.ts'

/** One bad record follows this share of the good ones. */
const BAD = 0.002

/** Minutes, as functions/long-delays.ts has it. */
const LONG_DELAY = 600

export interface ProducedRecord {
  readonly partitionKey: string
  readonly data: string
}

/**
 * Real flights in the order in which they departed, with bad records among them.
 * @param unlucky misfortunes by the index of the flight whose record brings them
 */
export async function flightRecords(
  count: number,
  unlucky: Readonly<Record<number, Misfortune>>,
): Promise<ProducedRecord[]> {
  const flights = await readFlights()
  const records = recordsBetween(flights, arrivalOrder(flights), 0, count, BAD)
  return records.map(({ partitionKey, data }, index) => {
    const text = Buffer.from(data).toString('latin1')
    const what = unlucky[index]
    return { partitionKey, data: what === undefined ? text : text.replace('{', `{"misfortune":"${what}",`) }
  })
}

/** What the tables and the dead letters must be, by the records that the stream holds. */
export interface Expected {
  /** the table `airport-delays`, as sorted lines */
  readonly table: string
  readonly late: number
  readonly long: number
  readonly dead: number
}

export function expectedOf(records: readonly StoredRecord[]): Expected {
  const flights = records.flatMap(({ data, arrival }) => {
    const flight = flightOf(data)
    return flight === undefined ? [] : [{ ...flight, arrival }]
  })
  const { items, counts } = straightWindows(flights, false, 0, 2)
  return {
    table: jsonLines(items),
    late: counts.late,
    long: flights.filter(({ delay }) => delay >= LONG_DELAY).length,
    dead: records.length - flights.length + counts.failed,
  }
}

/** What the tables and the dead letters are. */
export async function actualOf(account: Account, deadLetterBucket: string): Promise<Expected> {
  const items = (await account.items('e2e-airport-delays')) as unknown as AirportHour[]
  const sorted = items.toSorted((a, b) =>
    a.airport === b.airport ? a.hour - b.hour : a.airport < b.airport ? -1 : 1,
  )
  const letters = (await account.objects(deadLetterBucket, 'dead-letters/')).flatMap((text) =>
    text.trim().split('\n'),
  )
  return {
    table: jsonLines(sorted),
    late: await account.itemCount('e2e-late-flights'),
    long: await account.itemCount('e2e-long-delays'),
    dead: new Set(letters.map((line) => (JSON.parse(line) as { id: string }).id)).size,
  }
}

/** By hand, without a line of what is tested. */
function flightOf(data: string) {
  let value: Record<string, unknown>
  try {
    value = JSON.parse(data)
  } catch {
    return undefined
  }
  const { origin, destination, scheduled, delay, distance } = value
  const time = Date.parse(String(scheduled))
  if (typeof origin !== 'string' || typeof delay !== 'number' || Number.isNaN(time)) return undefined
  return { origin, destination: String(destination), scheduled: time, delay, distance: Number(distance) }
}
