import type { KinesisStreamEvent } from 'aws-lambda'
import { arrivalOrder } from '../../examples/flights/arrivals.ts'
import { readFlights } from '../../examples/flights/columns.ts'
import { type FlightRecord, recordsBetween } from '../../examples/flights/records.ts'
import { evenRanges, shardRouter } from '../../lib/local/hash-ranges.ts'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'

const SHARDS = 4

/** The flights as Lambda events of 5,000 records, as four shards deliver them, in blocks that fit into memory. */
export async function* flightEvents(
  flights: number,
  batchSize = 5_000,
  block = 250_000,
): AsyncGenerator<KinesisStreamEvent[]> {
  const columns = await readFlights()
  const order = arrivalOrder(columns)
  const shardOf = shardRouter(evenRanges(SHARDS))
  const shards = Array.from({ length: SHARDS }, (_, shard) => ({
    builder: eventBuilder('flights', `shardId-${String(shard).padStart(12, '0')}`, shard),
    records: [] as FlightRecord[],
    done: 0,
  }))
  const end = Math.min(flights, order.length)
  for (let from = 0; from < end; from += block) {
    for (const record of recordsBetween(columns, order, from, Math.min(end, from + block))) {
      shards[shardOf(record.partitionKey)]?.records.push(record)
    }
    const last = from + block >= end
    const events: KinesisStreamEvent[] = []
    for (const shard of shards) {
      while (shard.records.length >= batchSize || (last && shard.records.length > 0)) {
        const stored = shard.records.splice(0, batchSize).map(({ data, partitionKey, arrival }) => {
          const body = Buffer.from(data)
          return { index: shard.done++, partitionKey, arrival, body, start: 0, end: body.length }
        })
        events.push(shard.builder.event(stored))
      }
    }
    yield events
  }
}
