import type { Counters } from '../core/counters.ts'
import { InvalidRecordError } from '../core/errors.ts'
import type { OperatorNode } from '../core/graph.ts'
import { covers, hashKeyOf, isInRange } from '../core/hash-key.ts'
import type { HashRange } from '../core/shards.ts'
import type { SourceBatch } from '../core/source-batch.ts'
import { decodeFrame, type Frame } from './frame.ts'
import type { Intake } from './ingest.ts'
import { MARKS_SHAPE, Producers } from './producers.ts'
import type { TaskGraph } from './task-graph.ts'

/** Behind the last element of a frame. */
const NO_ELEMENT = { value: undefined }

/** What a task knows of the exchange that it reads. */
export interface ExchangeInput {
  readonly node: OperatorNode
  /** the task's own hash range */
  readonly range: HashRange
  /** what the names of its producers begin with: one for each stage that feeds the exchange */
  readonly prefixes: readonly string[]
  /** the producers that there were when the pipeline's state was made */
  readonly roster: readonly string[]
}

/**
 * The far side of an exchange: takes the elements of frames into the graph, each once however often it
 * comes, and only those of the task's own range; and moves the watermark to the least of all producers'.
 */
export class ExchangeIntake implements Intake {
  watermark = Number.NEGATIVE_INFINITY
  readonly #input: ExchangeInput
  readonly #label: string
  readonly #graph: TaskGraph
  readonly #counters: Counters
  readonly #producers: Producers

  /** @param label of the input in counters and dead letters */
  constructor(input: ExchangeInput, label: string, graph: TaskGraph) {
    this.#input = input
    this.#label = label
    this.#graph = graph
    this.#counters = graph.countersOf(label)
    this.#producers = new Producers(graph.state.add(label, MARKS_SHAPE), input.range)
  }

  accept(batch: SourceBatch, index: number): undefined {
    const frame = this.#read(batch, index)
    if (frame === undefined) return
    const fresh = this.#producers.fresh(frame)
    if (fresh.length > 0) this.#push(frame, fresh)
    this.#done(frame, fresh)
  }

  /** The frames behind it follow on it: it counts as read. */
  giveUp(batch: SourceBatch, index: number, error: Error): void {
    const frame = this.#read(batch, index)
    if (frame === undefined) return
    const fresh = this.#producers.fresh(frame)
    this.#graph.cursor.element = undefined
    this.#counters.failed += frame.keys.length
    this.#graph.fail(this.#label, error)
    this.#done(frame, fresh)
  }

  /** Undefined for what is no frame (a dead letter), and for a frame of an earlier life of the pipeline. */
  #read(batch: SourceBatch, index: number): Frame | undefined {
    const { cursor } = this.#graph
    cursor.index = index
    cursor.sequenceNumber = batch.sequenceNumber(index)
    cursor.subSequence = 0
    cursor.arrival = batch.arrival(index)
    cursor.key = ''
    cursor.eventTime = cursor.arrival
    cursor.element = undefined
    this.#producers.expect(this.#input.roster)
    let frame: Frame
    try {
      frame = decodeFrame(batch.bytes(index))
    } catch (error) {
      if (!(error instanceof InvalidRecordError)) throw error
      this.#counters.failed++
      this.#graph.fail(this.#label, error)
      return
    }
    return this.#input.prefixes.some((prefix) => frame.task.startsWith(prefix)) ? frame : undefined
  }

  #push(frame: Frame, fresh: readonly HashRange[]): void {
    const { cursor, head } = this.#graph
    const { keys, times, values } = frame
    const whole = fresh.some((range) => covers(range, frame.range))
    for (const [index, key] of keys.entries()) {
      if (!whole && !isFresh(fresh, key)) continue
      const value = values[index]
      cursor.subSequence = index
      cursor.key = key
      cursor.eventTime = times[index] ?? cursor.arrival
      cursor.element = { value }
      this.#counters.passed++
      head.push(value)
    }
  }

  #done(frame: Frame, fresh: readonly HashRange[]): void {
    const { cursor, head } = this.#graph
    this.#producers.done(frame, fresh)
    cursor.subSequence = frame.keys.length
    cursor.element = NO_ELEMENT
    const watermark = this.#producers.watermark() ?? this.watermark
    if (watermark > this.watermark) {
      this.watermark = watermark
      head.advance(watermark)
    }
  }
}

function isFresh(fresh: readonly HashRange[], key: string): boolean {
  const hashKey = hashKeyOf(key)
  return fresh.some((range) => isInRange(range, hashKey))
}
