import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { KeyedState } from '../core/keyed-state.ts'
import { copyOf } from './aggregate.ts'
import { WindowOutput } from './window-output.ts'
import type { WindowPlan } from './windows.ts'

/** Which window an event time belongs to, for windows that do not overlap. */
export interface Assigner {
  startOf(eventTime: number): number
  endOf(start: number): number
  /** whether a window is open for ever: a pane then has the time of its cause, not of its window's end */
  readonly endless?: true
}

/** One window of one key. */
interface WindowCell<Accumulator> {
  accumulator: Accumulator
  /** index of its newest pane after the close; -1 if the cell was made after it, and has none yet */
  pane: number
}

/**
 * Windows side by side, at work. Cells live in the namespace of their window's start. Whether a window has
 * closed, and when it is forgotten, follows from the watermark alone: closing one writes no state.
 */
export class TumblingReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: WindowPlan<A, Accumulator, Result>
  readonly #over: Assigner
  readonly #state: KeyedState<WindowCell<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next window closes or is forgotten */
  #due = Number.POSITIVE_INFINITY

  constructor(context: OperatorContext, plan: WindowPlan<A, Accumulator, Result>, over: Assigner) {
    this.#context = context
    this.#plan = plan
    this.#over = over
    this.#output = new WindowOutput(context, plan)
    this.#state = context.state<WindowCell<Accumulator>>({
      copy: ({ accumulator, pane }) => ({ accumulator: copyOf(plan.aggregate, accumulator), pane }),
      store: ({ accumulator, pane }) => [accumulator, pane],
      revive: ([accumulator, pane]: [Accumulator, number]) => ({ accumulator, pane }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { aggregate, lateness } = this.#plan
    const start = this.#over.startOf(cursor.eventTime)
    const end = this.#over.endOf(start)
    const last = end - 1
    if (last + lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, { start, end })
      return
    }
    const closed = last <= this.#watermark
    this.#state.mark()
    let cell = this.#state.get(start, cursor.key)
    try {
      if (cell === undefined) {
        cell = this.#state.create(start, cursor.key, {
          accumulator: aggregate.create(),
          pane: closed ? -1 : 0,
        })
        this.#due = Math.min(this.#due, closed ? last + lateness : last)
      } else this.#state.touch(cell)
      cell.value.accumulator = aggregate.add(cell.value.accumulator, value, cursor)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, [start, end], value)
      return
    }
    if (!closed) {
      counters.onTime++
      return
    }
    counters.updated++
    counters.updatedPanes++
    cell.value.pane++
    this.#output.fire(cursor.key, { start, end }, cell.value.accumulator, {
      index: cell.value.pane,
      timing: 'late',
      keep: true,
    })
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    const before = this.#watermark
    this.#watermark = watermark
    if (watermark >= this.#due) this.#close(before)
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#forget()
    this.#output.restore(watermark)
  }

  /** Fires the windows that closed since the watermark was `before`, then forgets those that are over. */
  #close(before: number): void {
    const { counters } = this.#context
    const keep = this.#plan.lateness > 0
    const closing = [...this.#state.namespaces].filter((start) => {
      const last = this.#over.endOf(start) - 1
      return last > before && last <= this.#watermark
    })
    for (const start of closing.sort((a, b) => a - b)) {
      const span = { start, end: this.#over.endOf(start) }
      const cells = [...this.#state.cells(start)].sort((a, b) => (a.key < b.key ? -1 : 1))
      counters.closedPanes += cells.length
      for (const { key, value } of cells) {
        this.#output.fire(key, span, value.accumulator, { index: value.pane, timing: 'onTime', keep })
      }
    }
    this.#forget()
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
