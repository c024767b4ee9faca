import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { copyOf } from './aggregate.ts'
import { hasPassed } from './trigger.ts'
import type { Assigner } from './tumbling-receiver.ts'
import { type Span, WindowOutput } from './window-output.ts'
import type { WindowPlan } from './windows.ts'

/** One window of one key. */
interface TriggeredWindow<Accumulator> {
  accumulator: Accumulator
  /** index of its next pane, not counting the one at the close, which writes no state */
  pane: number
  /** whether the accumulator holds what no early or late pane had */
  news: boolean
  /** whether an element has come after the close: the pane at the close is then counted */
  late: boolean
  /** what its last pane held, if that is to be taken back by the next */
  before: { readonly accumulator: Accumulator } | undefined
}

type TriggeredCell<Accumulator> = Cell<TriggeredWindow<Accumulator>>

type Stored<Accumulator> = [
  accumulator: Accumulator,
  pane: number,
  news: boolean,
  late: boolean,
  before?: Accumulator,
]

/**
 * Windows that do not overlap, at work, with panes before the close, panes that hold what is new, or panes
 * that take back the one before. As without, closing a window writes no state.
 */
export class TriggeredReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: WindowPlan<A, Accumulator, Result>
  readonly #over: Assigner
  readonly #state: KeyedState<TriggeredWindow<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  /** those that changed since the last early panes; made anew from the state */
  readonly #changed = new Set<TriggeredCell<Accumulator>>()
  #watermark = Number.NEGATIVE_INFINITY
  /** the one that those downstream know */
  #outputWatermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next window closes or is forgotten */
  #due = Number.POSITIVE_INFINITY

  constructor(context: OperatorContext, plan: WindowPlan<A, Accumulator, Result>, over: Assigner) {
    this.#context = context
    this.#plan = plan
    this.#over = over
    this.#output = new WindowOutput(context, plan)
    const copy = (accumulator: Accumulator): Accumulator => copyOf(plan.aggregate, accumulator)
    this.#state = context.state<TriggeredWindow<Accumulator>>({
      // What the last pane held is never changed: it needs no copy.
      copy: (window) => ({ ...window, accumulator: copy(window.accumulator) }),
      store: ({ accumulator, pane, news, late, before }): Stored<Accumulator> =>
        before === undefined
          ? [accumulator, pane, news, late]
          : [accumulator, pane, news, late, before.accumulator],
      revive: (stored: Stored<Accumulator>) => {
        const [accumulator, pane, news, late, ...before] = stored
        const [last] = before
        return {
          accumulator,
          pane,
          news,
          late,
          before: before.length === 0 ? undefined : { accumulator: last as Accumulator },
        }
      },
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { lateness, emit } = this.#plan
    const span = this.#spanOf(this.#over.startOf(cursor.eventTime))
    const last = span.end - 1
    if (last + lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, span)
      return
    }
    const closed = last <= this.#watermark
    let cell: TriggeredCell<Accumulator>
    this.#state.mark()
    try {
      cell = this.#add(value, span.start, closed)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, [span.start, span.end], value)
      return
    }
    this.#due = Math.min(this.#due, closed ? last + lateness : last)
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
    if (watermark >= this.#due) this.#close(before)
    const { emit } = this.#plan
    if (typeof emit === 'object' && hasPassed(emit.interval, before, watermark)) this.#fireChanged()
    this.#outputWatermark = watermark
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#outputWatermark = watermark
    this.#forget()
    this.#changed.clear()
    if (typeof this.#plan.emit === 'object') {
      for (const start of this.#state.namespaces) {
        for (const cell of this.#state.cells(start)) if (cell.value.news) this.#changed.add(cell)
      }
    }
    this.#output.restore(watermark)
  }

  #spanOf(start: number): Span {
    return { start, end: this.#over.endOf(start) }
  }

  #add(value: A, start: number, closed: boolean): TriggeredCell<Accumulator> {
    const { cursor } = this.#context
    const { aggregate } = this.#plan
    let cell = this.#state.get(start, cursor.key)
    if (cell === undefined) {
      const accumulator = aggregate.create()
      const made = { accumulator, pane: 0, news: true, late: closed, before: undefined }
      cell = this.#state.create(start, cursor.key, made)
    } else {
      this.#state.touch(cell)
      if (closed && !cell.value.late) this.#countClose(cell.value)
    }
    cell.value.accumulator = aggregate.add(cell.value.accumulator, value, cursor)
    cell.value.news = true
    return cell
  }

  /** The first element after the close: there was a pane then, if there was something to say. */
  #countClose(window: TriggeredWindow<Accumulator>): void {
    const { aggregate, mode } = this.#plan
    window.late = true
    if (mode === 'discarding' && !window.news) return
    window.pane++
    if (mode === 'discarding') window.accumulator = aggregate.create()
    if (mode === 'retracting') window.before = { accumulator: copyOf(aggregate, window.accumulator) }
  }

  /** Fires the windows that closed since the watermark was `before`, then forgets those that are over. */
  #close(before: number): void {
    const { counters } = this.#context
    const closing = [...this.#state.namespaces].filter((start) => {
      const last = this.#over.endOf(start) - 1
      return last > before && last <= this.#watermark
    })
    for (const start of closing.sort((a, b) => a - b)) {
      for (const cell of [...this.#state.cells(start)].sort(byKey)) {
        if (this.#plan.mode === 'discarding' && !cell.value.news) continue
        counters.closedPanes++
        this.#pane(cell, 'onTime')
      }
    }
    this.#forget()
  }

  #fireChanged(): void {
    const open = [...this.#changed].filter(
      ({ namespace }) => this.#over.endOf(namespace) - 1 > this.#watermark,
    )
    this.#changed.clear()
    for (const cell of open.sort((a, b) => a.namespace - b.namespace || byKey(a, b))) this.#fireEarly(cell)
  }

  #fireEarly(cell: TriggeredCell<Accumulator>): void {
    this.#context.counters.earlyPanes++
    this.#state.touch(cell)
    this.#fire(cell, 'early')
  }

  /** Fires a pane and notes it in the cell, which is touched. */
  #fire({ key, namespace, value }: TriggeredCell<Accumulator>, timing: 'early' | 'late'): void {
    const { aggregate, mode } = this.#plan
    this.#pane({ key, namespace, value }, timing)
    value.pane++
    value.news = false
    if (mode === 'discarding') value.accumulator = aggregate.create()
    if (mode === 'retracting') value.before = { accumulator: copyOf(aggregate, value.accumulator) }
  }

  #pane({ key, namespace, value }: TriggeredCell<Accumulator>, timing: 'early' | 'onTime' | 'late'): void {
    const { cursor, counters } = this.#context
    const { accumulator, pane, before } = value
    const span = this.#spanOf(namespace)
    const time = this.#over.endless ? Math.max(cursor.eventTime, this.#outputWatermark + 1) : span.end - 1
    if (before !== undefined) {
      counters.retractions++
      const taken = { index: pane - 1, timing, time, keep: true, retraction: true }
      this.#output.fire(key, span, before.accumulator, taken)
    }
    this.#output.fire(key, span, accumulator, { index: pane, timing, time, keep: true })
  }

  #forget(): void {
    this.#due = Number.POSITIVE_INFINITY
    for (const start of this.#state.namespaces) {
      const last = this.#over.endOf(start) - 1
      const over = last + this.#plan.lateness
      if (over <= this.#watermark) this.#state.drop(start)
      else this.#due = Math.min(this.#due, last > this.#watermark ? last : over)
    }
  }
}

const byKey = (a: { readonly key: string }, b: { readonly key: string }): number => (a.key < b.key ? -1 : 1)
