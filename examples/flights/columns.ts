import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { zstdDecompressSync } from 'node:zlib'
import { asyncBufferFromFile, parquetMetadataAsync, parquetRead } from 'hyparquet'

/** 3,000,000 US domestic flights of 2001 in the order of the file, one array per column: 36 MB in all. */
export interface FlightColumns {
  readonly length: number
  /** Scheduled departure in minutes since the epoch; the file's local times are taken as UTC. */
  readonly scheduled: Int32Array
  /** Minutes; negative for a flight that left early. */
  readonly delay: Int16Array
  /** Miles. */
  readonly distance: Uint16Array
  /** Indexes of `airports`. */
  readonly origin: Uint16Array
  readonly destination: Uint16Array
  readonly airports: readonly string[]
}

type WritableColumn = Int32Array | Int16Array | Uint16Array

/** The path of the flights in the npm package `vega-datasets`, wherever that is installed. */
function flightsFile(): string {
  const entry = createRequire(import.meta.url).resolve('vega-datasets')
  return join(dirname(entry), '..', 'data', 'flights-3m.parquet')
}

/** Reads the columns, one row group after the other: the whole file at once would take 1 GB. */
export async function readFlights(path = flightsFile()): Promise<FlightColumns> {
  const file = await asyncBufferFromFile(path)
  const metadata = await parquetMetadataAsync(file)
  const length = Number(metadata.num_rows)
  const airports: string[] = []
  const codes = new Map<string, number>()
  const codeOf = (airport: string): number => {
    const known = codes.get(airport)
    if (known !== undefined) return known
    codes.set(airport, airports.length)
    return airports.push(airport) - 1
  }
  const flights = {
    length,
    scheduled: new Int32Array(length),
    delay: new Int16Array(length),
    distance: new Uint16Array(length),
    origin: new Uint16Array(length),
    destination: new Uint16Array(length),
    airports,
  }
  const targets: Readonly<Record<string, WritableColumn>> = {
    date: flights.scheduled,
    delay: flights.delay,
    distance: flights.distance,
    origin: flights.origin,
    destination: flights.destination,
  }
  let rowStart = 0
  for (const group of metadata.row_groups) {
    const rowEnd = rowStart + Number(group.num_rows)
    for (const [name, target] of Object.entries(targets)) {
      await parquetRead({
        file,
        metadata,
        rowStart,
        rowEnd,
        columns: [name],
        compressors: { ZSTD: (input) => zstdDecompressSync(input) },
        // A number instead of a Date object for each flight
        parsers: { timestampFromMicroseconds: (micros) => Number(micros) / 60_000_000 },
        // Not onChunk: what that throws never reaches the promise
        onPage: ({ columnData, rowStart: start }) => store(name, columnData, target, start, codeOf),
      })
    }
    rowStart = rowEnd
  }
  return flights
}

/** A typed array would turn a missing or broken value into a wrong number without a word. */
function store(
  name: string,
  data: ArrayLike<unknown>,
  target: WritableColumn,
  start: number,
  codeOf: (airport: string) => number,
): void {
  for (let i = 0; i < data.length; i++) {
    const value = data[i]
    const number = typeof value === 'string' ? codeOf(value) : Number(value ?? Number.NaN)
    target[start + i] = number
    if (target[start + i] !== number) throw new RangeError(`Row ${start + i}: ${name} is ${value}`)
  }
}
