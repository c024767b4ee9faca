import type { Context, KinesisStreamBatchResponse } from 'aws-lambda'
import { RetryableError } from '../core/errors.ts'
import { type EventBuilder, eventBuilder } from '../local/kinesis-event.ts'
import type { StreamHandler } from '../runtime/handler.ts'

/** How often a batch that fails is delivered again before the test is told. */
const ATTEMPTS = 3

/** A record on its way to a shard. */
export interface RawRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** epoch ms */
  readonly arrival: number
}

/** One shard of a driven pipeline: batches the records and delivers them, as the event source mapping would. */
export class ShardFeed {
  readonly #stream: string
  readonly #shardId: string
  readonly #builder: EventBuilder
  readonly #records: RawRecord[] = []
  #done = 0

  constructor(stream: string, shard: number) {
    this.#stream = stream
    this.#shardId = `shardId-${String(shard).padStart(12, '0')}`
    this.#builder = eventBuilder(stream, this.#shardId, shard)
  }

  put(record: RawRecord): void {
    this.#records.push(record)
  }

  /** Delivers what has been put, in batches of at most `size` records. */
  async deliver(handler: StreamHandler, size: number): Promise<void> {
    let failures = 0
    while (this.#done < this.#records.length) {
      const end = Math.min(this.#done + size, this.#records.length)
      const { batchItemFailures } = await this.#invoke(handler, this.#done, end)
      const [first] = batchItemFailures
      const done = first === undefined ? end : this.#indexOf(first.itemIdentifier)
      failures = done > this.#done ? 0 : failures + 1
      this.#done = done
      if (failures === ATTEMPTS) {
        throw new RetryableError(
          `record ${done} of ${this.#shardId} was not taken in ${ATTEMPTS} attempts: a function of the pipeline keeps throwing an error that can be retried`,
          { shardId: this.#shardId, sequenceNumber: first?.itemIdentifier },
        )
      }
    }
  }

  /** Delivers the newest records again, as a real mapping may do at any time. */
  async redeliver(handler: StreamHandler, records: number): Promise<void> {
    if (this.#done > 0) await this.#invoke(handler, Math.max(0, this.#done - records), this.#done)
  }

  /** Moves time on without records. */
  async tick(handler: StreamHandler, watermark: number): Promise<void> {
    const event = { millrace: { stream: this.#stream, shardId: this.#shardId, watermark } }
    await handler(event, {} as Context)
  }

  #invoke(handler: StreamHandler, from: number, to: number): Promise<KinesisStreamBatchResponse> {
    const stored = this.#records.slice(from, to).map(({ data, partitionKey, arrival }, index) => {
      const body = Buffer.from(data)
      return { index: from + index, partitionKey, arrival, body, start: 0, end: body.length }
    })
    return handler(this.#builder.event(stored), {} as Context)
  }

  #indexOf(sequenceNumber: string): number {
    const index = this.#records.findIndex((record, place) => {
      const { partitionKey, arrival } = record
      const stored = { index: place, partitionKey, arrival, body: Buffer.alloc(0), start: 0, end: 0 }
      return this.#builder.sequenceNumber(stored) === sequenceNumber
    })
    return index < 0 ? this.#done : index
  }
}
