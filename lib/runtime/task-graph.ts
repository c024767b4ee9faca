import { randomUUID } from 'node:crypto'
import { addCounters, type Counters, newCounters } from '../core/counters.ts'
import type { Cursor } from '../core/cursor.ts'
import type { OperatorNode, Receiver, SinkNode, SourceNode, Waiting } from '../core/graph.ts'
import type { Outside } from '../core/outside.ts'
import { isRetryable } from '../core/retryable.ts'
import type { HashRange } from '../core/shards.ts'
import type { SourceBatch } from '../core/source-batch.ts'
import type { KeyedStateTable } from '../state/keyed-state-table.ts'
import { deadLetterOf } from './dead-letters.ts'
import type { Environment } from './environment.ts'
import { ExchangeSender, SENT_SHAPE, type Shipment } from './exchange-sender.ts'
import type { Exchange } from './exchanges.ts'
import { Interruption } from './interruption.ts'
import { type Lane, laneSwitch } from './lanes.ts'
import { Outbox } from './outbox.ts'
import type { Plan } from './plan.ts'
import { StateTables } from './state-tables.ts'

/** What operators get of what the handler is connected to. */
export type GraphEnvironment = Pick<Environment, 'codeVersion' | 'claims' | 'clock' | 'nonce'>

/** Operators that feed each other, those of one lane. */
interface Chain {
  readonly waiting: Waiting[]
  /** undefined if there is only one */
  readonly lane: HashRange | undefined
}

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
  readonly state = new StateTables()
  /** those of operators whose state time alone may make outputs of */
  readonly #timed: KeyedStateTable<unknown>[] = []
  readonly #senders = new Map<Exchange, ExchangeSender>()
  readonly #counters: Map<string, Counters>
  #batch: SourceBatch | undefined
  #deadline = Number.POSITIVE_INFINITY
  #before: Readonly<Record<string, Counters>> = {}

  /**
   * @param root what the task reads, a source or an exchange: what only others feed is not there
   * @param lanes hash ranges in which time is not the same: each has operators of its own
   */
  constructor(
    plan: Plan,
    root: SourceNode | OperatorNode,
    { codeVersion, claims, clock, nonce = randomUUID }: GraphEnvironment,
    lanes: readonly Lane[] = [],
  ) {
    this.#plan = plan
    this.#codeVersion = codeVersion
    this.#counters = new Map([[plan.input, newCounters()]])
    this.#outside = {
      claims,
      now: () => clock.now(),
      sleep: (ms, signal) => clock.sleep(ms, signal),
      deadline: () => this.#deadline,
      nonce,
    }
    this.outbox = new Outbox(
      [...plan.sinks.map(({ label }) => label), ...plan.to.map(({ state }) => state)],
      plan.labels,
      this.cursor,
    )
    const chain = (lane?: HashRange) => {
      const waiting: Waiting[] = []
      const head = this.#output(root, 'main', { waiting, lane })
      // Receivers are built from the sinks up.
      return { head, waiting: waiting.reverse() }
    }
    const chains = lanes.length === 0 ? [chain()] : lanes.map(({ range }) => chain(range))
    const heads = chains.map(({ head }) => head)
    const [only] = heads
    this.head = only !== undefined && lanes.length === 0 ? only : laneSwitch(lanes, heads, this.cursor)
    this.waiting = chains.flatMap(({ waiting }) => waiting)
  }

  /**
   * Begins a batch; `rollback` comes back to this moment.
   * @param deadline epoch ms at which the invocation is ended
   */
  begin(batch: SourceBatch | undefined, careful: boolean, deadline: number): void {
    this.#batch = batch
    this.#deadline = deadline
    this.#before = this.counters()
    this.outbox.clear()
    this.state.begin(careful)
  }

  /** @param watermark the one at the batch's beginning */
  rollback(watermark: number): void {
    this.outbox.clear()
    this.state.rollback()
    this.#setCounters(this.#before)
    this.head.restore(watermark)
  }

  /** Makes the element in hand a dead letter, or interrupts the batch if a retry can cure the error. */
  fail(
    operator: string,
    error: unknown,
    window?: readonly [start: number, end: number],
    element?: unknown,
  ): void {
    if (isRetryable(error)) throw new Interruption(this.cursor.index, error)
    const pipeline = this.#plan.pipeline.name
    const failure = { pipeline, operator, codeVersion: this.#codeVersion, window, element }
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

  /** Puts what goes through exchanges into the outbox, as frames of the entry that will hold it. */
  ship(shipmentTo: (exchange: Exchange) => Shipment): void {
    for (const [exchange, sender] of this.#senders) {
      const number = this.#plan.sinks.length + this.#plan.to.indexOf(exchange)
      for (const frame of sender.ship(shipmentTo(exchange))) this.outbox.emit(number, frame)
    }
  }

  /** Tells those behind exchanges that there is nothing to wait for. @returns whether there are any */
  sayIdle(): boolean {
    for (const sender of this.#senders.values()) sender.idle()
    return this.#senders.size > 0
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

  /** Whether something may come of it when time goes on, with no record; behind an exchange it always may. */
  get waitsForTime(): boolean {
    return this.#timed.some(({ size }) => size > 0)
  }

  /** Takes over what a log says besides the state. */
  restore(counters: Readonly<Record<string, Counters>>, watermark: number): void {
    this.#setCounters(counters)
    this.head.restore(watermark)
  }

  #setCounters(totals: Readonly<Record<string, Counters>>): void {
    for (const [label, counters] of Object.entries(totals)) Object.assign(this.countersOf(label), counters)
  }

  #output(node: object, port: string, chain: Chain): Receiver<unknown> {
    const receivers = this.#plan
      .consumers(node, port)
      .map((consumer) => (consumer.kind === 'sink' ? this.#sink(consumer) : this.#operator(consumer, chain)))
    const [only] = receivers
    return only !== undefined && receivers.length === 1 ? only : fanOut(receivers)
  }

  #operator(node: OperatorNode, chain: Chain): Receiver<unknown> {
    const label = this.#plan.label(node)
    const exchange = this.#plan.to.find((each) => each.node === node)
    if (exchange !== undefined) return this.#sender(exchange)
    const receiver = node.build({
      pipeline: this.#plan.pipeline.name,
      cursor: this.cursor,
      counters: this.countersOf(label),
      output: (port = 'main') => this.#output(node, port, chain),
      state: (shape) => {
        const table = this.state.add(label, shape, node.stateScope === 'element' ? undefined : chain.lane)
        if (node.timed !== false) this.#timed.push(table as KeyedStateTable<unknown>)
        return table
      },
      outside: this.#outside,
      waits: (operator) => chain.waiting.push(operator),
      fail: (error, window, element) => this.fail(label, error, window, element),
    })
    return receiver as Receiver<unknown>
  }

  /** All lanes send through one: what it tells of time is the least of theirs. */
  #sender(exchange: Exchange): Receiver<unknown> {
    const { label, state } = exchange
    let sender = this.#senders.get(exchange)
    if (sender === undefined) {
      sender = new ExchangeSender(exchange, {
        cursor: this.cursor,
        counters: this.countersOf(label),
        state: this.state.add(state, SENT_SHAPE),
        fail: (error) => this.fail(label, error),
      })
      this.#senders.set(exchange, sender)
    }
    return sender.input()
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
          return this.fail(label, error, undefined, value)
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
