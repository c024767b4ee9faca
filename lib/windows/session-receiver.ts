import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { copyOf, type MergingAggregate } from './aggregate.ts'
import { DueQueue } from './due-queue.ts'
import { KeySessions, type SessionTimes } from './key-sessions.ts'
import { WindowOutput } from './window-output.ts'
import type { WindowPlan } from './windows.ts'

export interface SessionPlan<A, Accumulator, Result> extends WindowPlan<A, Accumulator, Result> {
  readonly aggregate: MergingAggregate<A, Accumulator, Result>
}

interface Session<Accumulator> extends SessionTimes {
  first: number
  last: number
  accumulator: Accumulator
  /** before the close the index of its next pane, after it of the newest */
  pane: number
}

type SessionCell<Accumulator> = Cell<Session<Accumulator>>

/**
 * Sessions at work. A cell lives in the namespace `floor(first / gap)`: the first elements of two sessions of
 * a key are more than the gap apart. It is removed when its session is over, or part of another one.
 */
export class SessionReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: SessionPlan<A, Accumulator, Result>
  /** ms */
  readonly #gap: number
  readonly #state: KeyedState<Session<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  readonly #sessions = new KeySessions<Session<Accumulator>>()
  /** by when they close or are over; that of a session which has become longer is then put off */
  readonly #due = new DueQueue<SessionCell<Accumulator>>()
  #watermark = Number.NEGATIVE_INFINITY

  constructor(context: OperatorContext, plan: SessionPlan<A, Accumulator, Result>, gap: number) {
    this.#context = context
    this.#plan = plan
    this.#gap = gap
    this.#output = new WindowOutput(context, plan)
    this.#state = context.state<Session<Accumulator>>({
      copy: (session) => ({ ...session, accumulator: copyOf(plan.aggregate, session.accumulator) }),
      store: ({ first, last, pane, accumulator }) => [first, last, pane, accumulator],
      revive: ([first, last, pane, accumulator]: [number, number, number, Accumulator]) => ({
        first,
        last,
        pane,
        accumulator,
      }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    const joined = this.#sessions.around(key, eventTime, this.#gap)
    const first = Math.min(eventTime, ...joined.map((cell) => cell.value.first))
    const last = Math.max(eventTime, ...joined.map((cell) => cell.value.last))
    const span = { start: first, end: last + this.#gap }
    if (span.end + this.#plan.lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, span)
      return
    }
    const reopened = joined.some(({ value }) => this.#isClosed(value))
    let cell: SessionCell<Accumulator>
    this.#state.mark()
    try {
      cell = this.#join(joined, value, first, last)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, [span.start, span.end], value)
      return
    }
    for (const each of joined) if (each !== cell) this.#sessions.remove(each)
    this.#sessions.add(cell)
    const closed = this.#isClosed(cell.value)
    if (joined[0] !== cell || (reopened && !closed)) this.#due.add(this.#dueOf(cell), cell)
    if (!closed) {
      counters.onTime++
      return
    }
    counters.updated++
    counters.updatedPanes++
    this.#output.fire(key, span, cell.value.accumulator, {
      index: cell.value.pane,
      timing: 'late',
      keep: true,
    })
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    const before = this.#watermark
    this.#watermark = watermark
    if (this.#due.first <= watermark) this.#close(before)
    this.#output.advance(behind(watermark))
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#sessions.clear()
    this.#due.clear()
    for (const namespace of this.#state.namespaces) {
      for (const cell of this.#state.cells(namespace)) {
        this.#sessions.add(cell)
        this.#due.add(this.#dueOf(cell), cell)
      }
    }
    this.#output.restore(behind(watermark))
  }

  /** One session out of those that the element joins, and the element. */
  #join(
    [one, two]: readonly SessionCell<Accumulator>[],
    value: A,
    first: number,
    last: number,
  ): SessionCell<Accumulator> {
    const { aggregate } = this.#plan
    const { cursor } = this.#context
    if (one !== undefined) this.#state.touch(one)
    let accumulator = one === undefined ? aggregate.create() : one.value.accumulator
    if (two !== undefined) accumulator = aggregate.merge(accumulator, two.value.accumulator)
    accumulator = aggregate.add(accumulator, value, cursor)
    const pane = Math.max(this.#nextPane(one), this.#nextPane(two))
    const session = { first, last, accumulator, pane }
    const namespace = Math.floor(first / this.#gap)
    if (two !== undefined) this.#state.remove(two)
    if (one?.namespace === namespace) {
      one.value = session
      return one
    }
    if (one !== undefined) this.#state.remove(one)
    return this.#state.create(namespace, cursor.key, session)
  }

  /** Fires the sessions that closed since the watermark was `before`, and removes those that are over. */
  #close(before: number): void {
    const due = [...new Set(this.#due.take(this.#watermark))].filter((cell) => this.#sessions.has(cell))
    const closing = due.filter(({ value }) => this.#endOf(value) > before && this.#isClosed(value))
    closing.sort((a, b) => a.value.last - b.value.last || (a.key < b.key ? -1 : 1))
    this.#context.counters.closedPanes += closing.length
    const keep = this.#plan.lateness > 0
    for (const { key, value } of closing) {
      const span = { start: value.first, end: this.#endOf(value) }
      this.#output.fire(key, span, value.accumulator, { index: value.pane, timing: 'onTime', keep })
    }
    for (const cell of due) {
      const next = this.#dueOf(cell)
      if (next > this.#watermark) this.#due.add(next, cell)
      else {
        this.#sessions.remove(cell)
        this.#state.remove(cell)
      }
    }
  }

  #endOf({ last }: SessionTimes): number {
    return last + this.#gap
  }

  /** An element at the very end would still belong to it. */
  #isClosed(session: SessionTimes): boolean {
    return this.#endOf(session) <= this.#watermark
  }

  #nextPane(cell: SessionCell<Accumulator> | undefined): number {
    if (cell === undefined) return 0
    return this.#isClosed(cell.value) ? cell.value.pane + 1 : cell.value.pane
  }

  /** The watermark at which something is to be done about it. */
  #dueOf({ value }: SessionCell<Accumulator>): number {
    return this.#isClosed(value) ? this.#endOf(value) + this.#plan.lateness : this.#endOf(value)
  }
}

/** The end of a stream is the end for all that follows. */
export const behind = (watermark: number): number =>
  watermark === Number.MAX_SAFE_INTEGER ? watermark : watermark - 1
