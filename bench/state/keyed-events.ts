import type { KinesisStreamEvent } from 'aws-lambda'
import { type EventBuilder, eventBuilder } from '../../lib/local/kinesis-event.ts'

/** Makes batches of one shard: a record per key, all in one hour of event time. */
export class KeyedEvents {
  readonly #builder: EventBuilder = eventBuilder('keys', 'shardId-000000000000', 0)
  #index = 0
  readonly #nameOf: (key: number) => string
  readonly #value: () => number

  constructor(nameOf = (key: number): string => `key-${key}`, value = (): number => 7) {
    this.#nameOf = nameOf
    this.#value = value
  }

  batch(keys: readonly number[]): KinesisStreamEvent {
    const records = keys.map((key) => {
      const reading = { sensor: this.#nameOf(key), at: 1_000 + (key % 60_000), value: this.#value() }
      const body = Buffer.from(JSON.stringify(reading))
      const index = this.#index++
      return { index, partitionKey: reading.sensor, arrival: 60_000, body, start: 0, end: body.length }
    })
    return this.#builder.event(records)
  }
}

export const TOUCHED = 1_000

/** Keys spread over all there are, others in each batch. */
export const spread = (keys: number, batch: number): number[] =>
  Array.from({ length: TOUCHED }, (_, n) => (((n * 7_919 + batch * 104_729) % keys) + keys) % keys)
