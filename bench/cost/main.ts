import { parseArgs } from 'node:util'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { handler } from '../../functions/airport-delays.ts'
import {
  createTable,
  dynamodbEnvironment,
  LocalStreams,
  openDatabase,
  STATE_TABLE,
  STATE_TABLE_KEY,
} from '../../lib/local/index.ts'
import { DynamoDBBlobStore } from '../../lib/state/dynamodb-blobs.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { flightEvents } from '../flights/events.ts'
import { type Consumed, Meter } from './meter.ts'
import { itemPerRecord, writePerKey } from './others.ts'
import { openServer } from './server.ts'

const BLOBS = 'blobs'
const ITEMS = 'idempotency-items'
const KEYS = 'touched-keys'
/**
 * What airport-delays consumes, as DynamoDB says it of each call, against an idempotency item per record and
 * against a write per touched key: on the first flights, 5,000 records a batch.
 */
export async function cost(args: readonly string[]): Promise<void> {
  const { values } = parseArgs({ args: [...args], options: { limit: { type: 'string', default: '100000' } } })
  const { client, name, close } = await openServer()
  const meter = new Meter()
  for (const table of [STATE_TABLE, BLOBS, ITEMS, KEYS]) await createTable(client, table, STATE_TABLE_KEY)
  await createTable(client, 'airport-delays', { airport: 'S', hour: 'N' })
  await createTable(client, 'late-flights', { airport: 'S', id: 'S' })
  const { onConsumed } = meter
  const database = openDatabase(':memory:')
  new LocalStreams(database).create('flights', { shards: 4 })
  handler.connect({
    ...dynamodbEnvironment(database, systemClock, { client, onConsumed }),
    blobs: new DynamoDBBlobStore({ client, table: BLOBS, onConsumed }),
  })
  let sample: KinesisStreamEvent | undefined
  let [records, batches] = [0, 0]
  for await (const events of flightEvents(Number(values.limit))) {
    for (const event of events) {
      sample ??= event
      await handler(event, {} as Context)
      batches++
      records += event.Records.length
    }
  }
  if (sample === undefined) throw new Error('there are no flights')
  // The other ways take thousands of writes a batch: one is enough to know.
  await itemPerRecord(client, ITEMS, sample, meter)
  await writePerKey(client, KEYS, sample, meter)
  const [state, blobs] = [meter.of(STATE_TABLE), meter.of(BLOBS)]
  console.log(`${records} flights in ${batches} batches, on ${name}; write units per 1,000 records:`)
  line('state log', state, records)
  line('snapshots beside it', blobs, records)
  line('results: airport-delays', meter.of('airport-delays'), records)
  line('results: late-flights', meter.of('late-flights'), records)
  console.log(`one batch of ${sample.Records.length} of them, in other ways:`)
  line('an idempotency item per record', meter.of(ITEMS), sample.Records.length)
  line('a write per touched key', meter.of(KEYS), sample.Records.length)
  const ours = (state.writeUnits + blobs.writeUnits) / records
  const times = (table: string): number =>
    Math.round(meter.of(table).writeUnits / (sample?.Records.length ?? 1) / ours)
  console.log(`against log and snapshots: ${times(ITEMS)} times and ${times(KEYS)} times`)
  close()
}

function line(what: string, { writes, writeUnits, readUnits }: Consumed, records: number): void {
  const perThousand = ((writeUnits / records) * 1_000).toFixed(2).padStart(9)
  console.log(`${perThousand}  ${what} (${writes} writes, ${writeUnits} units; ${readUnits} read units)`)
}
