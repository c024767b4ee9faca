import type { KinesisStreamEvent } from 'aws-lambda'
import { type EventBuilder, eventBuilder } from '../../lib/local/kinesis-event.ts'
import { shardIdOf } from '../../lib/local/sequence.ts'
import { STREAM } from './pipelines.ts'
import type { Random } from './random.ts'
import type { SimRecord } from './records.ts'
import type { Invocation } from './sandbox.ts'

/** Indices of records of a shard, the second exclusive. */
export type Range = readonly [from: number, to: number]

/**
 * The event source mapping of one shard: one batch in flight, in order, delivered again until it is done.
 * It cuts anew each time; of a partial failure it takes the first record, and an error halves the batch.
 */
export class Mapping {
  readonly shard: number
  readonly shardId: string
  /** what is waited for */
  inFlight: Invocation | undefined
  readonly #records: readonly SimRecord[]
  readonly #random: Random
  readonly #builder: EventBuilder
  readonly #batchSize: number
  #done = 0
  #size: number
  #ticked: boolean

  /** @param ends whether a tick follows the last record */
  constructor(
    shard: number,
    records: readonly SimRecord[],
    random: Random,
    batchSize: number,
    ends: boolean,
  ) {
    this.shard = shard
    this.shardId = shardIdOf(shard)
    this.#records = records
    this.#random = random
    this.#builder = eventBuilder(STREAM, this.shardId, shard)
    this.#batchSize = batchSize
    this.#size = batchSize
    this.#ticked = !ends
  }

  get finished(): boolean {
    return this.#done === this.#records.length && this.#ticked
  }

  /** The next batch; an empty one stands for the tick. */
  next(): Range {
    const left = this.#records.length - this.#done
    const size = this.#size > left ? left : this.#random.between(1, this.#size)
    return [this.#done, this.#done + size]
  }

  /** Any batch of what has been delivered, and sometimes a bit more. */
  again(): Range {
    const from = this.#random.between(0, Math.max(0, this.#done - 1))
    const to = Math.min(
      this.#records.length,
      from + this.#random.between(1, Math.min(20, this.#batchSize + 3)),
    )
    return [from, to]
  }

  /** What is not done yet, and far beyond the batch in flight. */
  ahead(): Range {
    return [this.#done, Math.min(this.#records.length, this.#done + this.#random.between(10, 60))]
  }

  /** The mapping is deleted, and a new one starts at TRIM_HORIZON. */
  recreate(): void {
    this.inFlight = undefined
    this.#done = 0
    this.#size = this.#batchSize
  }

  /** What was in flight has failed, or nobody knows: it comes again. @returns whether halved */
  failed(): boolean {
    const { inFlight } = this
    this.inFlight = undefined
    if (inFlight === undefined) return false
    const bisects = this.#random.chance(0.5)
    this.#size = bisects ? Math.max(1, Math.ceil((inFlight.to - inFlight.from) / 2)) : this.#batchSize
    return bisects && inFlight.to - inFlight.from > 1
  }

  /** @param firstFailed the sequence number in the response, if any */
  succeeded(firstFailed: string | undefined): void {
    const { inFlight } = this
    this.inFlight = undefined
    if (inFlight === undefined) return
    if (inFlight.from === inFlight.to) this.#ticked = true
    this.#size = this.#batchSize
    this.#done = firstFailed === undefined ? inFlight.to : this.#indexOf(firstFailed)
  }

  event([from, to]: Range): KinesisStreamEvent {
    return this.#builder.event(this.#records.slice(from, to).map((_, place) => this.#stored(from + place)))
  }

  #indexOf(sequenceNumber: string): number {
    const index = this.#records.findIndex(
      (_, place) => this.#builder.sequenceNumber(this.#stored(place)) === sequenceNumber,
    )
    if (index < 0) throw new Error(`a response names ${sequenceNumber}, which is no record`)
    return index
  }

  #stored(index: number) {
    const { partitionKey = '', arrival = 0, data = '' } = this.#records[index] ?? {}
    const body = Buffer.from(data)
    return { index, partitionKey, arrival, body, start: 0, end: body.length }
  }
}
