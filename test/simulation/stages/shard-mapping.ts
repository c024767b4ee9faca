import type { KinesisStreamEvent } from 'aws-lambda'
import type { Random } from '../random.ts'
import type { Invocation } from '../sandbox.ts'
import type { SimShard, SimStream } from './sim-stream.ts'

/** The event source mapping of one shard of a stream: it begins when the parents' are through. */
export class ShardMapping {
  readonly stream: SimStream
  readonly shard: SimShard
  inFlight: Invocation | undefined
  done = 0
  readonly #random: Random
  readonly #batchSize: number
  #size: number

  constructor(stream: SimStream, shard: SimShard, random: Random, batchSize: number) {
    this.stream = stream
    this.shard = shard
    this.#random = random
    this.#batchSize = batchSize
    this.#size = batchSize
  }

  get caughtUp(): boolean {
    return this.done === this.shard.records.length
  }

  /** The next batch: indices of records, the second exclusive. */
  next(): readonly [from: number, to: number] {
    const left = this.shard.records.length - this.done
    return [this.done, this.done + Math.min(left, this.#random.between(1, this.#size))]
  }

  /** Any batch of what has been delivered. */
  again(): readonly [from: number, to: number] {
    const from = this.#random.between(0, Math.max(0, this.done - 1))
    return [from, Math.min(this.shard.records.length, from + this.#random.between(1, this.#batchSize + 3))]
  }

  failed(): void {
    const { inFlight } = this
    this.inFlight = undefined
    if (inFlight === undefined) return
    this.#size = this.#random.chance(0.5)
      ? Math.max(1, Math.ceil((inFlight.to - inFlight.from) / 2))
      : this.#batchSize
  }

  /** @param firstFailed the sequence number in the response, if any */
  succeeded(firstFailed: string | undefined): void {
    const { inFlight } = this
    this.inFlight = undefined
    if (inFlight === undefined) return
    this.#size = this.#batchSize
    this.done = firstFailed === undefined ? inFlight.to : this.#indexOf(firstFailed)
  }

  event([from, to]: readonly [number, number]): KinesisStreamEvent {
    return this.shard.builder.event(this.shard.records.slice(from, to))
  }

  #indexOf(sequenceNumber: string): number {
    const { records, builder } = this.shard
    const index = records.findIndex((record) => builder.sequenceNumber(record) === sequenceNumber)
    if (index < 0) throw new Error(`a response names ${sequenceNumber}, which is no record`)
    return index
  }
}
