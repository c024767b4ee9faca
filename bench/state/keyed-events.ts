import type { KinesisStreamEvent } from 'aws-lambda'
import { type EventBuilder, eventBuilder } from '../../lib/local/kinesis-event.ts'

/** Makes batches of one shard: a record per key, all in one hour of event time. */
export class KeyedEvents {
  readonly #builder: EventBuilder = eventBuilder('keys', 'shardId-000000000000', 0)
  #index = 0

  batch(keys: readonly number[]): KinesisStreamEvent {
    const records = keys.map((key) => {
      const reading = { sensor: `key-${key}`, at: 1_000 + (key % 60_000), value: key % 100 }
      const body = Buffer.from(JSON.stringify(reading))
      const index = this.#index++
      return { index, partitionKey: reading.sensor, arrival: 60_000, body, start: 0, end: body.length }
    })
    return this.#builder.event(records)
  }
}
