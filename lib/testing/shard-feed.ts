import type { Context, KinesisStreamBatchResponse } from 'aws-lambda'
import { RetryableError } from '../core/errors.ts'
import { type EventBuilder, eventBuilder } from '../local/kinesis-event.ts'
import { shardNumberOf } from '../local/sequence.ts'
import type { StoredRecord } from '../local/shard-reader.ts'
import type { LocalStreams } from '../local/streams.ts'
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
  readonly stream: string
  readonly shardId: string
  readonly #streams: LocalStreams
  readonly #builder: EventBuilder
  #done = 0

  constructor(streams: LocalStreams, stream: string, shardId: string) {
    this.#streams = streams
    this.stream = stream
    this.shardId = shardId
    this.#builder = eventBuilder(stream, shardId, shardNumberOf(shardId))
  }

  /** Delivers what has been put, in batches of at most `size` records. */
  async deliver(handler: StreamHandler, size: number): Promise<void> {
    let failures = 0
    for (let records = this.#read(this.#done, size); records.length > 0; ) {
      const { batchItemFailures } = await this.#invoke(handler, records)
      const [first] = batchItemFailures
      const done = first === undefined ? records.length : this.#placeOf(first.itemIdentifier, records)
      failures = done > 0 ? 0 : failures + 1
      this.#done += done
      if (failures === ATTEMPTS) {
        throw new RetryableError(
          `record ${this.#done} of ${this.shardId} was not taken in ${ATTEMPTS} attempts: a function of the pipeline keeps throwing an error that can be retried`,
          { shardId: this.shardId, sequenceNumber: first?.itemIdentifier },
        )
      }
      records = this.#read(this.#done, size)
    }
  }

  /** Delivers the newest records again, as a real mapping may do at any time. */
  async redeliver(handler: StreamHandler, records: number): Promise<void> {
    const from = Math.max(0, this.#done - records)
    if (this.#done > 0) await this.#invoke(handler, this.#read(from, this.#done - from))
  }

  /** Moves time on without records. */
  async tick(handler: StreamHandler, watermark: number): Promise<void> {
    const event = { millrace: { stream: this.stream, shardId: this.shardId, watermark } }
    await handler(event, {} as Context)
  }

  #read(from: number, records: number): StoredRecord[] {
    const limits = { records, bytes: Number.POSITIVE_INFINITY }
    return this.#streams.read(this.stream, this.shardId, from - 1, limits)
  }

  #invoke(handler: StreamHandler, records: readonly StoredRecord[]): Promise<KinesisStreamBatchResponse> {
    return handler(this.#builder.event(records), {} as Context)
  }

  #placeOf(sequenceNumber: string, records: readonly StoredRecord[]): number {
    return Math.max(
      0,
      records.findIndex((record) => this.#builder.sequenceNumber(record) === sequenceNumber),
    )
  }
}
