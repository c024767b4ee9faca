import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { copyOf } from './aggregate.ts'
import { WindowOutput } from './window-output.ts'
import type { WindowPlan } from './windows.ts'

/** The window of a key that is being filled. */
interface CountedWindow<Accumulator> {
  accumulator: Accumulator
  elements: number
  /** how many windows of the key have fired */
  pane: number
  /** smallest and largest event time */
  first: number
  last: number
}

type Stored<Accumulator> = [
  accumulator: Accumulator,
  elements: number,
  pane: number,
  first: number,
  last: number,
]

/** All cells are in one namespace. */
const ALL = 0

/** Windows of so many elements, at work. */
export class CountingReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: WindowPlan<A, Accumulator, Result>
  /** elements */
  readonly #size: number
  readonly #state: KeyedState<CountedWindow<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  /** the one that those downstream know */
  #watermark = Number.NEGATIVE_INFINITY

  constructor(context: OperatorContext, plan: WindowPlan<A, Accumulator, Result>, size: number) {
    this.#context = context
    this.#plan = plan
    this.#size = size
    this.#output = new WindowOutput(context, plan)
    this.#state = context.state<CountedWindow<Accumulator>>({
      copy: (window) => ({ ...window, accumulator: copyOf(plan.aggregate, window.accumulator) }),
      store: ({ accumulator, elements, pane, first, last }): Stored<Accumulator> => [
        accumulator,
        elements,
        pane,
        first,
        last,
      ],
      revive: ([accumulator, elements, pane, first, last]: Stored<Accumulator>) => ({
        accumulator,
        elements,
        pane,
        first,
        last,
      }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { aggregate } = this.#plan
    const { key, eventTime } = cursor
    this.#state.mark()
    let cell = this.#state.get(ALL, key)
    try {
      if (cell === undefined) {
        const accumulator = aggregate.create()
        cell = this.#state.create(ALL, key, {
          accumulator,
          elements: 0,
          pane: 0,
          first: eventTime,
          last: eventTime,
        })
      } else {
        this.#state.touch(cell)
        if (cell.value.elements === 0) Object.assign(cell.value, { first: eventTime, last: eventTime })
      }
      cell.value.accumulator = aggregate.add(cell.value.accumulator, value, cursor)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, undefined, value)
      return
    }
    counters.onTime++
    const window = cell.value
    window.elements++
    window.first = Math.min(window.first, eventTime)
    window.last = Math.max(window.last, eventTime)
    if (window.elements < this.#size) return
    this.#fire(cell)
    window.accumulator = aggregate.create()
    window.elements = 0
    window.pane++
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    if (watermark === Number.MAX_SAFE_INTEGER) this.#end()
    this.#watermark = watermark
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#output.restore(watermark)
  }

  /** The stream has ended: what is left fires, by key. */
  #end(): void {
    const left = [...this.#state.cells(ALL)].filter(({ value }) => value.elements > 0)
    for (const cell of left.sort((a, b) => (a.key < b.key ? -1 : 1))) this.#fire(cell)
    this.#state.drop(ALL)
  }

  #fire({ key, value }: Cell<CountedWindow<Accumulator>>): void {
    const { accumulator, pane, first, last } = value
    this.#context.counters.closedPanes++
    const time = Math.max(this.#context.cursor.eventTime, this.#watermark + 1)
    // The next element goes into a new accumulator: this one is no longer changed.
    const firing = { index: pane, timing: 'onTime', time, keep: false } as const
    this.#output.fire(key, { start: first, end: last + 1 }, accumulator, firing)
  }
}
