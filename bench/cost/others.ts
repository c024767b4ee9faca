import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import type { KinesisStreamEvent } from 'aws-lambda'
import { inParallel } from '../../lib/core/in-parallel.ts'
import { stateTableNeeds } from '../../lib/state/dynamodb-store.ts'
import { DynamoDBTable } from '../../lib/state/dynamodb-table.ts'
import type { Meter } from './meter.ts'

const IN_FLIGHT = 32
const HOUR = 3_600_000

interface Flight {
  readonly origin: string
  readonly scheduled: string
  readonly delay: number
}

/** A table that is written to directly, with the key of a state table. */
const opened = (client: DynamoDB, table: string, { onConsumed }: Meter): DynamoDBTable =>
  new DynamoDBTable(stateTableNeeds(table), { client, onConsumed })

/**
 * An idempotency item for each record, as libraries for that write it: one conditional write that claims the
 * record, one that says that it is done.
 */
export async function itemPerRecord(
  client: DynamoDB,
  table: string,
  event: KinesisStreamEvent,
  meter: Meter,
) {
  const items = opened(client, table, meter)
  await inParallel(event.Records, IN_FLIGHT, async ({ eventID }) => {
    const Key = { task: { S: eventID }, slot: { S: 'idempotency' } }
    await items.put({
      Item: { ...Key, status: { S: 'INPROGRESS' }, expiration: { N: '1000086400' } },
      ConditionExpression: 'attribute_not_exists(task)',
    })
    await items.update({
      Key,
      UpdateExpression: 'SET #status = :done',
      ExpressionAttributeNames: { '#status': 'status' },
      ExpressionAttributeValues: { ':done': { S: 'COMPLETED' } },
    })
  })
}

/** A write for each key that the batch touches: the accumulators of an airport's hour are an item. */
export async function writePerKey(client: DynamoDB, table: string, event: KinesisStreamEvent, meter: Meter) {
  const items = opened(client, table, meter)
  const windows = new Map<string, { flights: number; delay: number; over: number }>()
  for (const { kinesis } of event.Records) {
    const { origin, scheduled, delay } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString()) as Flight
    const time = Date.parse(scheduled)
    const key = `${origin} ${time - (time % HOUR)}`
    const window = windows.get(key) ?? { flights: 0, delay: 0, over: 0 }
    windows.set(key, {
      flights: window.flights + 1,
      delay: window.delay + delay,
      over: window.over + (delay > 15 ? 1 : 0),
    })
  }
  await inParallel([...windows], IN_FLIGHT, ([key, { flights, delay, over }]) =>
    items.update({
      Key: { task: { S: key }, slot: { S: 'hourly' } },
      UpdateExpression: 'ADD flights :flights, delay :delay, late :late',
      ExpressionAttributeValues: {
        ':flights': { N: String(flights) },
        ':delay': { N: String(delay) },
        ':late': { N: String(over) },
      },
    }),
  )
}
