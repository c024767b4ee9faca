import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { copyOf } from './aggregate.ts'
import { DueQueue } from './due-queue.ts'
import { KeySessions, type SessionTimes } from './key-sessions.ts'
import type { Pane } from './pane.ts'
import { behind, type SessionPlan } from './session-receiver.ts'
import { hasPassed } from './trigger.ts'
import { type Span, WindowOutput } from './window-output.ts'

interface TriggeredSession<Accumulator> extends SessionTimes {
  accumulator: Accumulator
  /** index of its next pane, not counting the one at the close, which writes no state */
  pane: number
  /** whether the accumulator holds what no early or late pane had */
  news: boolean
  /** whether its newest element came after the close: the pane at the close is then counted, if there was one */
  readonly late: boolean
  /** what its last pane held, if that has its bounds and is to be taken back */
  before: { readonly accumulator: Accumulator } | undefined
}

type SessionCell<Accumulator> = Cell<TriggeredSession<Accumulator>>

type Stored<Accumulator> = [
  first: number,
  last: number,
  accumulator: Accumulator,
  pane: number,
  news: boolean,
  late: boolean,
  before?: Accumulator,
]

/** A pane whose bounds are no session's any more. */
interface Stale<Accumulator> extends Span {
  readonly accumulator: Accumulator
  readonly index: number
  readonly timing: 'early' | 'late'
}

/**
 * Sessions at work, with panes before the close, panes that hold what is new, or panes that are taken back.
 * Cells live where those of `SessionReceiver` do. A pane whose session has other bounds now is taken back at
 * once: by the time of the next pane, those downstream may be past its event time.
 */
export class TriggeredSessionReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: SessionPlan<A, Accumulator, Result>
  /** ms */
  readonly #gap: number
  readonly #state: KeyedState<TriggeredSession<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  readonly #sessions = new KeySessions<TriggeredSession<Accumulator>>()
  /** by when they close or are over; that of a session which has become longer is then put off */
  readonly #due = new DueQueue<SessionCell<Accumulator>>()
  /** those that changed since the last early panes; made anew from the state */
  readonly #changed = new Set<SessionCell<Accumulator>>()
  #watermark = Number.NEGATIVE_INFINITY

  constructor(context: OperatorContext, plan: SessionPlan<A, Accumulator, Result>, gap: number) {
    this.#context = context
    this.#plan = plan
    this.#gap = gap
    this.#output = new WindowOutput(context, plan)
    this.#state = context.state<TriggeredSession<Accumulator>>({
      // What the last pane held is never changed: it needs no copy.
      copy: (session) => ({ ...session, accumulator: copyOf(plan.aggregate, session.accumulator) }),
      store: ({ first, last, accumulator, pane, news, late, before }): Stored<Accumulator> => {
        const own = [first, last, accumulator, pane, news, late] as const
        return before === undefined ? [...own] : [...own, before.accumulator]
      },
      revive: (stored: Stored<Accumulator>) => {
        const [first, last, accumulator, pane, news, late, ...rest] = stored
        const before = rest.length === 0 ? undefined : { accumulator: rest[0] as Accumulator }
        return { first, last, accumulator, pane, news, late, before }
      },
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { emit, lateness } = this.#plan
    const { key, eventTime } = cursor
    const joined = this.#sessions.around(key, eventTime, this.#gap)
    const first = Math.min(eventTime, ...joined.map((cell) => cell.value.first))
    const last = Math.max(eventTime, ...joined.map((cell) => cell.value.last))
    const times = { first, last }
    const span = this.#spanOf(times)
    if (span.end + lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, span)
      return
    }
    const closed = this.#isClosed(times)
    const reopened = !closed && joined.some((each) => this.#isClosed(each.value))
    const stale: Stale<Accumulator>[] = []
    let cell: SessionCell<Accumulator>
    this.#state.mark()
    try {
      cell = this.#join(joined, value, times, stale)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, [span.start, span.end], value)
      return
    }
    for (const each of joined) if (each !== cell) this.#remove(each)
    this.#sessions.add(cell)
    if (joined[0] !== cell || reopened) this.#due.add(this.#dueOf(cell), cell)
    for (const each of stale) this.#takeBack(key, each)
    if (closed) {
      counters.updated++
      counters.updatedPanes++
      this.#fire(cell, 'late')
      return
    }
    counters.onTime++
    if (emit === 'onUpdate') this.#fireEarly(cell)
    else if (emit !== 'onClose') this.#changed.add(cell)
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    const before = this.#watermark
    this.#watermark = watermark
    if (this.#due.first <= watermark) this.#close(before)
    const { emit } = this.#plan
    if (typeof emit === 'object' && hasPassed(emit.interval, before, watermark)) this.#fireChanged()
    this.#output.advance(behind(watermark))
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#sessions.clear()
    this.#due.clear()
    this.#changed.clear()
    const isEvery = typeof this.#plan.emit === 'object'
    for (const namespace of this.#state.namespaces) {
      for (const cell of this.#state.cells(namespace)) {
        this.#sessions.add(cell)
        this.#due.add(this.#dueOf(cell), cell)
        if (isEvery && cell.value.news) this.#changed.add(cell)
      }
    }
    this.#output.restore(behind(watermark))
  }

  /** One session out of those that the element joins, and the element. @param stale takes panes of other bounds */
  #join(
    [one, two]: readonly SessionCell<Accumulator>[],
    value: A,
    times: SessionTimes,
    stale: Stale<Accumulator>[],
  ): SessionCell<Accumulator> {
    const { aggregate } = this.#plan
    const { cursor } = this.#context
    if (one !== undefined) this.#state.touch(one)
    const parts = [one, two].filter((cell) => cell !== undefined).map(({ value }) => this.#soFar(value))
    const [a, b] = parts
    let accumulator = a === undefined ? aggregate.create() : a.accumulator
    if (b !== undefined) accumulator = aggregate.merge(accumulator, b.accumulator)
    accumulator = aggregate.add(accumulator, value, cursor)
    const isSame = a?.first === times.first && a.last === times.last
    if (!isSame) for (const part of parts) if (part.before) stale.push(this.#staleOf(part, part.before))
    const session: TriggeredSession<Accumulator> = {
      ...times,
      accumulator,
      pane: Math.max(0, ...parts.map(({ pane }) => pane)),
      news: true,
      late: this.#isClosed(times),
      before: isSame ? a.before : undefined,
    }
    const namespace = Math.floor(times.first / this.#gap)
    if (two !== undefined) this.#state.remove(two)
    if (one?.namespace === namespace) {
      one.value = session
      return one
    }
    if (one !== undefined) this.#state.remove(one)
    return this.#state.create(namespace, cursor.key, session)
  }

  /** The session, and what its close did to it: there was a pane then, if there was something to say. */
  #soFar(session: TriggeredSession<Accumulator>): TriggeredSession<Accumulator> {
    const { aggregate, mode } = this.#plan
    const { accumulator, pane, news, late } = session
    if (!this.#isClosed(session) || late || (mode === 'discarding' && !news)) return session
    return {
      ...session,
      accumulator: mode === 'discarding' ? aggregate.create() : accumulator,
      pane: pane + 1,
      before: mode === 'retracting' ? { accumulator: copyOf(aggregate, accumulator) } : undefined,
    }
  }

  #staleOf(
    session: TriggeredSession<Accumulator>,
    { accumulator }: { readonly accumulator: Accumulator },
  ): Stale<Accumulator> {
    const timing = this.#isClosed(session) ? 'late' : 'early'
    return { ...this.#spanOf(session), accumulator, index: session.pane - 1, timing }
  }

  /** Fires the sessions that closed since the watermark was `before`, and removes those that are over. */
  #close(before: number): void {
    const due = [...new Set(this.#due.take(this.#watermark))].filter((cell) => this.#sessions.has(cell))
    const closing = due.filter(({ value }) => this.#spanOf(value).end > before && this.#isClosed(value))
    for (const cell of closing.sort(byEndAndKey)) {
      if (this.#plan.mode === 'discarding' && !cell.value.news) continue
      this.#context.counters.closedPanes++
      this.#pane(cell, 'onTime')
    }
    for (const cell of due) {
      const next = this.#dueOf(cell)
      if (next > this.#watermark) this.#due.add(next, cell)
      else {
        this.#remove(cell)
        this.#state.remove(cell)
      }
    }
  }

  #fireChanged(): void {
    const open = [...this.#changed].filter(({ value }) => !this.#isClosed(value))
    this.#changed.clear()
    for (const cell of open.sort(byEndAndKey)) this.#fireEarly(cell)
  }

  #fireEarly(cell: SessionCell<Accumulator>): void {
    this.#context.counters.earlyPanes++
    this.#state.touch(cell)
    this.#fire(cell, 'early')
  }

  /** Fires a pane and notes it in the cell, which is touched. */
  #fire(cell: SessionCell<Accumulator>, timing: 'early' | 'late'): void {
    const { aggregate, mode } = this.#plan
    this.#pane(cell, timing)
    const { value } = cell
    value.pane++
    value.news = false
    if (mode === 'discarding') value.accumulator = aggregate.create()
    if (mode === 'retracting') value.before = { accumulator: copyOf(aggregate, value.accumulator) }
  }

  #pane({ key, value }: SessionCell<Accumulator>, timing: Pane['timing']): void {
    const { accumulator, pane, before } = value
    const span = this.#spanOf(value)
    if (before !== undefined) this.#takeBack(key, { ...span, ...before, index: pane - 1, timing })
    this.#output.fire(key, span, accumulator, { index: pane, timing, keep: true })
  }

  #takeBack(
    key: string,
    { accumulator, index, timing, ...span }: Omit<Stale<Accumulator>, 'timing'> & Pick<Pane, 'timing'>,
  ): void {
    this.#context.counters.retractions++
    this.#output.fire(key, span, accumulator, { index, timing, keep: true, retraction: true })
  }

  #remove(cell: SessionCell<Accumulator>): void {
    this.#sessions.remove(cell)
    this.#changed.delete(cell)
  }

  #spanOf({ first, last }: SessionTimes): Span {
    return { start: first, end: last + this.#gap }
  }

  /** An element at the very end would still belong to it. */
  #isClosed(session: SessionTimes): boolean {
    return this.#spanOf(session).end <= this.#watermark
  }

  /** The watermark at which something is to be done about it. */
  #dueOf({ value }: SessionCell<Accumulator>): number {
    const { end } = this.#spanOf(value)
    return this.#isClosed(value) ? end + this.#plan.lateness : end
  }
}

interface Placed {
  readonly key: string
  readonly value: SessionTimes
}

const byEndAndKey = (a: Placed, b: Placed): number => a.value.last - b.value.last || (a.key < b.key ? -1 : 1)
