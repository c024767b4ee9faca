import { randomUUID } from 'node:crypto'
import { addCounters, type Counters, newCounters } from '../core/counters.ts'
import type { Cursor } from '../core/cursor.ts'
import type { OperatorNode, Receiver, SinkNode, SourceNode, Waiting } from '../core/graph.ts'
import type { Outside } from '../core/outside.ts'
import { isRetryable } from '../core/retryable.ts'
import type { SourceBatch } from '../core/source-batch.ts'
import type { StoredState } from '../state/entry.ts'
import { KeyedStateTable } from '../state/keyed-state-table.ts'
import { deadLetterOf } from './dead-letters.ts'
import type { Environment } from './environment.ts'
import { Interruption } from './interruption.ts'
import { Outbox } from './outbox.ts'
import { type Plan, SOURCE } from './plan.ts'

/** What operators get of what the handler is connected to. */
export type GraphEnvironment = Pick<Environment, 'codeVersion' | 'claims' | 'clock' | 'nonce'>

/**
 * A plan at work for one task: its operators as receivers that call each other, its state and its outbox.
 * Built once per task and sandbox; the work per element is the operators' own.
 */
export class TaskGraph {
  readonly cursor: Cursor = {
    index: -1,
    sequenceNumber: '',
    subSequence: 0,
    arrival: 0,
    key: '',
    eventTime: 0,
  }
  readonly outbox: Outbox
  readonly head: Receiver<unknown>
  /** operators that wait for promises, each before those behind it */
  readonly waiting: readonly Waiting[]
  readonly #plan: Plan
  readonly #codeVersion: string
  readonly #outside: Outside
  readonly #tables = new Map<string, KeyedStateTable<unknown>>()
  readonly #counters = new Map<string, Counters>([[SOURCE, newCounters()]])
  /** those of operators whose state time alone may make outputs of */
  readonly #timed: KeyedStateTable<unknown>[] = []
  #batch: SourceBatch | undefined
  #deadline = Number.POSITIVE_INFINITY
  #before: Readonly<Record<string, Counters>> = {}

  /** @param source the one that the task reads: what only others feed is not there */
  constructor(
    plan: Plan,
    source: SourceNode,
    { codeVersion, claims, clock, nonce = randomUUID }: GraphEnvironment,
  ) {
    this.#plan = plan
    this.#codeVersion = codeVersion
    this.#outside = {
      claims,
      now: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      deadline: () => this.#deadline,
      nonce,
    }
    this.outbox = new Outbox(
      plan.sinks.map(({ label }) => label),
      plan.labels,
      this.cursor,
    )
    const waiting: Waiting[] = []
    this.head = this.#output(source, 'main', waiting)
    // Receivers are built from the sinks up.
    this.waiting = waiting.reverse()
  }

  /**
   * Begins a batch; `rollback` comes back to this moment.
   * @param deadline epoch ms at which the invocation is ended
   */
  begin(batch: SourceBatch, careful: boolean, deadline: number): void {
    this.#batch = batch
    this.#deadline = deadline
    this.#before = this.counters()
    this.outbox.clear()
    for (const table of this.#tables.values()) table.begin(careful)
  }

  /** @param watermark the one at the batch's beginning */
  rollback(watermark: number): void {
    this.outbox.clear()
    for (const table of this.#tables.values()) table.rollback()
    this.#setCounters(this.#before)
    this.head.restore(watermark)
  }

  /** Makes the element in hand a dead letter, or interrupts the batch if a retry can cure the error. */
  fail(operator: string, error: unknown, window?: readonly [start: number, end: number]): void {
    if (isRetryable(error)) throw new Interruption(this.cursor.index, error)
    const pipeline = this.#plan.pipeline.name
    const failure = { pipeline, operator, codeVersion: this.#codeVersion, window }
    this.outbox.emitDeadLetter(operator, deadLetterOf(error, failure, this.cursor, this.#batch))
  }

  countersOf(label: string): Counters {
    let counters = this.#counters.get(label)
    if (counters === undefined) {
      counters = newCounters()
      this.#counters.set(label, counters)
    }
    return counters
  }

  /** A copy of all counters. */
  counters(): Record<string, Counters> {
    return Object.fromEntries([...this.#counters].map(([label, counters]) => [label, { ...counters }]))
  }

  /** What the batch in hand added to the counters. */
  countersOfBatch(): Record<string, Counters> {
    const now = this.counters()
    for (const [label, counters] of Object.entries(this.#before)) {
      const total = now[label]
      if (total !== undefined) addCounters(total, counters, -1)
    }
    return now
  }

  /** Whether something may come of it when time goes on, with no record. */
  get waitsForTime(): boolean {
    return this.#timed.some(({ size }) => size > 0)
  }

  get stateSize(): number {
    let size = 0
    for (const table of this.#tables.values()) size += table.size
    return size
  }

  /** About how much memory the state takes. */
  get stateBytes(): number {
    let bytes = 0
    for (const table of this.#tables.values()) bytes += table.bytes
    return bytes
  }

  changes(): StoredState {
    return [...this.#tables].map(([name, table]) => [name, table.changes()])
  }

  segment(): StoredState {
    return [...this.#tables].map(([name, table]) => [name, table.segment()])
  }

  everything(): StoredState {
    return [...this.#tables].map(([name, table]) => [name, table.everything()])
  }

  snapshotTaken(): void {
    for (const table of this.#tables.values()) table.snapshotTaken()
  }

  /** Puts stored state over what is there. */
  revive(state: StoredState): void {
    for (const [name, cells] of state) this.#tables.get(name)?.revive(cells)
  }

  /** Takes over what a log says besides the state. */
  restore(counters: Readonly<Record<string, Counters>>, watermark: number): void {
    this.#setCounters(counters)
    this.head.restore(watermark)
  }

  #setCounters(totals: Readonly<Record<string, Counters>>): void {
    for (const [label, counters] of Object.entries(totals)) Object.assign(this.countersOf(label), counters)
  }

  #output(node: object, port: string, waiting: Waiting[]): Receiver<unknown> {
    const receivers = this.#plan
      .consumers(node, port)
      .map((consumer) =>
        consumer.kind === 'sink' ? this.#sink(consumer) : this.#operator(consumer, waiting),
      )
    const [only] = receivers
    return only !== undefined && receivers.length === 1 ? only : fanOut(receivers)
  }

  #operator(node: OperatorNode, waiting: Waiting[]): Receiver<unknown> {
    const label = this.#plan.label(node)
    const receiver = node.build({
      pipeline: this.#plan.pipeline.name,
      cursor: this.cursor,
      counters: this.countersOf(label),
      output: (port = 'main') => this.#output(node, port, waiting),
      state: (shape) => {
        const table = new KeyedStateTable(shape)
        this.#tables.set(label, table as KeyedStateTable<unknown>)
        if (node.timed !== false) this.#timed.push(table as KeyedStateTable<unknown>)
        return table
      },
      outside: this.#outside,
      waits: (operator) => waiting.push(operator),
      fail: (error, window) => this.fail(label, error, window),
    })
    return receiver as Receiver<unknown>
  }

  #sink(node: SinkNode): Receiver<unknown> {
    const label = this.#plan.label(node)
    const counters = this.countersOf(label)
    const number = this.#plan.sinks.findIndex((sink) => sink.node === node)
    return {
      push: (value) => {
        let payload: unknown
        try {
          payload = node.encode(value as never)
        } catch (error) {
          counters.failed++
          return this.fail(label, error)
        }
        counters.passed++
        this.outbox.emit(number, payload, node.overwrites?.(payload as never))
      },
      advance: () => {},
      restore: () => {},
    }
  }
}

const fanOut = (receivers: readonly Receiver<unknown>[]): Receiver<unknown> => ({
  push: (value) => {
    for (const receiver of receivers) receiver.push(value)
  },
  advance: (watermark) => {
    for (const receiver of receivers) receiver.advance(watermark)
  },
  restore: (watermark) => {
    for (const receiver of receivers) receiver.restore(watermark)
  },
})
