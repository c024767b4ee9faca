import type { Clock } from '../time/clock.ts'
import { EVENT_ENVELOPE_BYTES, type EventBuilder } from './kinesis-event.ts'
import type { MappingOptions } from './mapping-options.ts'
import type { StoredRecord } from './shard-reader.ts'
import type { LocalStreams } from './streams.ts'

/**
 * The largest event of a synchronous invocation, as JSON with its base64: 6 MB
 * (https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html).
 */
const PAYLOAD_BYTES = 6_291_456

export interface Collected {
  readonly records: readonly StoredRecord[]
  /** A single record whose event is above the payload limit: it cannot be delivered. */
  readonly tooLarge: boolean
}

/**
 * Gathers the next batch of a shard. A batch is complete when it has `batchSize` records, when the next
 * record would not fit into the payload, when `batchingInterval` has passed since its first record was
 * read, or when nothing will come any more: the stream has ended, or the shard was split or merged.
 */
export class BatchCollector {
  readonly #streams: LocalStreams
  readonly #stream: string
  readonly #shardId: string
  readonly #builder: EventBuilder
  readonly #clock: Clock
  readonly #options: Required<MappingOptions>
  #last: number
  #records: StoredRecord[] = []
  #bytes = EVENT_ENVELOPE_BYTES
  #full = false
  #readAt = 0

  /** @param after the index of the last record that is done */
  constructor(
    source: { streams: LocalStreams; stream: string; shardId: string; after: number },
    builder: EventBuilder,
    clock: Clock,
    options: Required<MappingOptions>,
  ) {
    this.#streams = source.streams
    this.#stream = source.stream
    this.#shardId = source.shardId
    this.#last = source.after
    this.#builder = builder
    this.#clock = clock
    this.#options = options
  }

  /** The next batch if it is complete now; else milliseconds until a look is worth it (a put is, too). */
  next(): Collected | { wait: number } | 'ended' {
    this.#fill()
    if (this.#complete()) return this.#take()
    // Asked before reading once more: nothing is put after the end or a reshard, so that nothing can be missed.
    if (this.#streams.closed(this.#stream, this.#shardId)) {
      this.#fill()
      return this.#records.length > 0 ? this.#take() : 'ended'
    }
    const { pollInterval, batchingInterval } = this.#options
    if (this.#records.length === 0) return { wait: pollInterval }
    return { wait: Math.min(pollInterval, this.#readAt + batchingInterval - this.#clock.now()) }
  }

  #complete(): boolean {
    const { batchSize, batchingInterval } = this.#options
    if (this.#full || this.#records.length >= batchSize) return true
    return this.#records.length > 0 && this.#clock.now() - this.#readAt >= batchingInterval
  }

  #fill(): void {
    while (!this.#full && this.#records.length < this.#options.batchSize) {
      const found = this.#streams.read(this.#stream, this.#shardId, this.#last, {
        records: this.#options.batchSize - this.#records.length,
        // Base64 makes 4 bytes of 3: more than this cannot fit.
        bytes: Math.max(0, (PAYLOAD_BYTES - this.#bytes) * 0.75),
      })
      if (found.length === 0) return
      if (this.#records.length === 0) this.#readAt = this.#clock.now()
      for (const record of found) this.#add(record)
    }
  }

  #add(record: StoredRecord): void {
    if (this.#full) return
    // The first record needs no comma.
    const bytes = this.#bytes + this.#builder.bytes(record) - (this.#records.length === 0 ? 1 : 0)
    this.#full = bytes > PAYLOAD_BYTES
    // What does not fit is read again for the next batch, unless no event can hold it.
    if (this.#full && this.#records.length > 0) return
    this.#records.push(record)
    this.#bytes = bytes
    this.#last = record.index
  }

  #take(): Collected {
    const taken = { records: this.#records, tooLarge: this.#bytes > PAYLOAD_BYTES }
    this.#records = []
    this.#bytes = EVENT_ENVELOPE_BYTES
    this.#full = false
    return taken
  }
}
