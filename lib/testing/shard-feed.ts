import type { Context, KinesisStreamBatchResponse } from 'aws-lambda'
import { RetryableError } from '../core/errors.ts'
import { type EventBuilder, eventBuilder } from '../local/kinesis-event.ts'
import { indexAt, shardIdOf } from '../local/sequence.ts'
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
  readonly #streams: LocalStreams
  readonly #stream: string
  readonly #shardId: string
  readonly #builder: EventBuilder
  /** how many records are done */
  #done = 0

  constructor(streams: LocalStreams, stream: string, shard: number) {
    this.#streams = streams
    this.#stream = stream
    this.#shardId = shardIdOf(shard)
    this.#builder = eventBuilder(stream, this.#shardId, shard)
  }

  /** Delivers what has been put, in batches of at most `size` records. */
  async deliver(handler: StreamHandler, size: number): Promise<void> {
    let failures = 0
    while (this.#done < this.#streams.head(this.#stream, this.#shardId)) {
      const { records, response } = await this.#invoke(handler, this.#done, size)
      const [first] = response.batchItemFailures
      const done = first === undefined ? this.#done + records : indexAt(first.itemIdentifier)
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
    const again = Math.min(records, this.#done)
    if (again > 0) await this.#invoke(handler, this.#done - again, again)
  }

  /** Moves time on without records. */
  async tick(handler: StreamHandler, watermark: number): Promise<void> {
    const event = { millrace: { stream: this.#stream, shardId: this.#shardId, watermark } }
    await handler(event, {} as Context)
  }

  async #invoke(
    handler: StreamHandler,
    from: number,
    size: number,
  ): Promise<{ records: number; response: KinesisStreamBatchResponse }> {
    const limits = { records: size, bytes: Number.POSITIVE_INFINITY }
    const records = this.#streams.read(this.#stream, this.#shardId, from - 1, limits)
    const response = await handler(this.#builder.event(records), {} as Context)
    return { records: records.length, response }
  }
}
