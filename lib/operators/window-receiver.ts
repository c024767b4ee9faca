import { LateRecordError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { isoTime } from '../time/iso-time.ts'
import { type Aggregate, copyOf } from '../windows/aggregate.ts'
import type { Assigner } from '../windows/assigner.ts'
import type { Late, Windowed } from '../windows/pane.ts'

interface WindowPlan<A, Accumulator, Result> {
  readonly name: string
  readonly over: Assigner
  readonly aggregate: Aggregate<A, Accumulator, Result>
  /** ms */
  readonly lateness: number
  readonly late: 'sink' | 'drop' | 'dead-letter'
}

/** One window of one key. */
interface WindowCell<Accumulator> {
  accumulator: Accumulator
  /** index of its newest pane after the close; -1 if the cell was made after it, and has none yet */
  pane: number
}

/**
 * The window operator at work. Cells live in the namespace of their window's start. Whether a window has
 * closed, and when it is forgotten, follows from the watermark alone: closing one writes no state.
 */
export class WindowReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: WindowPlan<A, Accumulator, Result>
  readonly #state: KeyedState<WindowCell<Accumulator>>
  readonly #output: Receiver<unknown>
  readonly #late: Receiver<unknown> | undefined
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next window closes or is forgotten */
  #due = Number.POSITIVE_INFINITY

  constructor(context: OperatorContext, plan: WindowPlan<A, Accumulator, Result>) {
    this.#context = context
    this.#plan = plan
    this.#output = context.output()
    this.#late = plan.late === 'sink' ? context.output('late') : undefined
    this.#state = context.state<WindowCell<Accumulator>>({
      copy: ({ accumulator, pane }) => ({ accumulator: copyOf(plan.aggregate, accumulator), pane }),
      store: ({ accumulator, pane }) => [accumulator, pane],
      revive: ([accumulator, pane]: [Accumulator, number]) => ({ accumulator, pane }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { over, aggregate, lateness } = this.#plan
    const start = over.startOf(cursor.eventTime)
    const last = over.endOf(start) - 1
    if (last + lateness <= this.#watermark) {
      this.#refuse(value)
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
      this.#context.fail(error, [start, last + 1])
      return
    }
    if (!closed) {
      counters.onTime++
      return
    }
    counters.updated++
    counters.updatedPanes++
    cell.value.pane++
    const { key, eventTime } = cursor
    this.#fire(cell, 'late')
    cursor.key = key
    cursor.eventTime = eventTime
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    const before = this.#watermark
    this.#watermark = watermark
    if (watermark >= this.#due) this.#close(before)
    this.#output.advance(watermark)
    this.#late?.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#forget()
    this.#output.restore(watermark)
    this.#late?.restore(watermark)
  }

  /** Fires the windows that closed since the watermark was `before`, then forgets those that are over. */
  #close(before: number): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    const closing = [...this.#state.namespaces].filter((start) => {
      const last = this.#plan.over.endOf(start) - 1
      return last > before && last <= this.#watermark
    })
    for (const start of closing.sort((a, b) => a - b)) {
      const cells = [...this.#state.cells(start)].sort((a, b) => (a.key < b.key ? -1 : 1))
      counters.closedPanes += cells.length
      for (const cell of cells) this.#fire(cell, 'onTime')
    }
    cursor.key = key
    cursor.eventTime = eventTime
    this.#forget()
  }

  #forget(): void {
    this.#due = Number.POSITIVE_INFINITY
    for (const start of this.#state.namespaces) {
      const last = this.#plan.over.endOf(start) - 1
      const over = last + this.#plan.lateness
      if (over <= this.#watermark) this.#state.drop(start)
      else this.#due = Math.min(this.#due, last > this.#watermark ? last : over)
    }
  }

  #fire(cell: Cell<WindowCell<Accumulator>>, timing: 'onTime' | 'late'): void {
    const { cursor } = this.#context
    const { key, namespace: start } = cell
    const end = this.#plan.over.endOf(start)
    cursor.key = key
    cursor.eventTime = end - 1
    const { aggregate, lateness } = this.#plan
    let value: Result
    try {
      const { accumulator } = cell.value
      // A result may hold on to its accumulator, and that one may change once more.
      value = aggregate.result(lateness > 0 ? copyOf(aggregate, accumulator) : accumulator)
    } catch (error) {
      this.#context.fail(error, [start, end])
      return
    }
    const pane = { index: cell.value.pane, timing }
    const windowed: Windowed<string, Result> = { key, start, end, value, pane }
    this.#output.push(windowed)
  }

  #refuse(value: A): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    counters.late++
    if (this.#plan.late === 'drop') return
    if (this.#late !== undefined) {
      const late: Late<A> = { value, key, eventTime, watermark: this.#watermark }
      this.#late.push(late)
      return
    }
    const start = this.#plan.over.startOf(eventTime)
    const end = this.#plan.over.endOf(start)
    this.#context.fail(
      new LateRecordError(
        `'${this.#plan.name}' refused an element of ${isoTime(eventTime)}: its window ended ${this.#watermark + 1 - end} ms of event time ago and allowedLateness is ${this.#plan.lateness} ms; allow more, or give 'late' a sink or 'drop'`,
        { eventTime, watermark: this.#watermark, start, end },
      ),
      [start, end],
    )
  }
}
