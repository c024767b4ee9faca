import type { Counters } from '../core/counters.ts'
import { InvalidRecordError } from '../core/errors.ts'
import type { SourceNode } from '../core/graph.ts'
import { isPromise } from '../core/promise.ts'
import type { SourceBatch } from '../core/source-batch.ts'
import { SOURCE } from './labels.ts'
import type { TaskGraph } from './task-graph.ts'

/** What takes the records of a stage's stream into its graph. */
export interface Intake {
  /** epoch ms */
  watermark: number
  /** @returns a promise only if a codec answers with one */
  accept(batch: SourceBatch, index: number): undefined | Promise<void>
  /** Makes a record a dead letter, with nothing of it run. */
  giveUp(batch: SourceBatch, index: number, error: Error): void
}

/**
 * Takes records into the graph, one at a time: decode, place in time, push, and move the watermark. A
 * record is judged against the watermark before it, is applied, and then moves it; so the result is a
 * function of the record sequence and not of where batches were cut.
 */
export class Ingest implements Intake {
  watermark = Number.NEGATIVE_INFINITY
  readonly #source: SourceNode
  readonly #graph: TaskGraph
  readonly #counters: Counters

  constructor(source: SourceNode, graph: TaskGraph) {
    this.#source = source
    this.#graph = graph
    this.#counters = graph.countersOf(SOURCE)
  }

  /** @returns a promise only if the codec answers with one */
  accept(batch: SourceBatch, index: number): undefined | Promise<void> {
    this.#take(batch, index)
    let value: unknown
    try {
      value = this.#source.codec.decode(batch.bytes(index))
    } catch (error) {
      this.#fail(error)
      return
    }
    if (isPromise(value)) {
      return value.then(
        (decoded) => this.#place(decoded),
        (error: unknown) => this.#fail(error),
      )
    }
    this.#place(value)
    return
  }

  /** Makes a record a dead letter without a look at it. */
  giveUp(batch: SourceBatch, index: number, error: Error): void {
    this.#take(batch, index)
    this.#fail(error)
  }

  #take(batch: SourceBatch, index: number): void {
    const { cursor } = this.#graph
    cursor.index = index
    cursor.sequenceNumber = batch.sequenceNumber(index)
    cursor.subSequence = 0
    cursor.arrival = batch.arrival(index)
    cursor.key = batch.partitionKey(index)
    cursor.eventTime = cursor.arrival
  }

  #place(value: unknown): void {
    const { cursor, head } = this.#graph
    const { eventTime, maxOutOfOrderness } = this.#source
    if (eventTime !== undefined) {
      try {
        cursor.eventTime = this.#timeOf(eventTime(value as never))
      } catch (error) {
        this.#fail(error)
        return
      }
    }
    this.#counters.passed++
    const watermark = cursor.eventTime - maxOutOfOrderness - 1
    head.push(value)
    if (watermark > this.watermark) {
      this.watermark = watermark
      head.advance(watermark)
    }
  }

  #timeOf(given: number | Date): number {
    const time = typeof given === 'number' ? given : given instanceof Date ? given.getTime() : Number.NaN
    if (!Number.isFinite(time)) {
      throw new InvalidRecordError(
        `eventTime answered ${String(given)}: expected epoch milliseconds or a valid Date`,
        { eventTime: given },
      )
    }
    const { arrival } = this.#graph.cursor
    const skew = time - arrival
    if (skew > this.#source.maxFutureSkew) {
      throw new InvalidRecordError(
        `the event time ${isoTime(time)} is ${skew} ms ahead of the record's arrival at ${isoTime(arrival)}, and maxFutureSkew allows ${this.#source.maxFutureSkew} ms: its clock is wrong, or maxFutureSkew too small`,
        { eventTime: time, arrival },
      )
    }
    return time
  }

  #fail(error: unknown): void {
    this.#counters.failed++
    this.#graph.fail(SOURCE, error)
  }
}

/** Event times beyond what a Date can hold are shown as numbers. */
function isoTime(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
}
