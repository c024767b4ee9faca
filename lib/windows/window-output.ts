import { LateRecordError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import { isoTime } from '../time/iso-time.ts'
import { copyOf } from './aggregate.ts'
import type { Late, Pane, Windowed } from './pane.ts'
import type { WindowPlan } from './windows.ts'

/** `[start, end)`, epoch ms. */
export interface Span {
  readonly start: number
  readonly end: number
}

export interface Firing {
  readonly index: number
  readonly timing: Pane['timing']
  /** whether the accumulator is used again: a result may hold on to it */
  readonly keep: boolean
  /** The pane's event time. @default 1 ms before the window's end */
  readonly time?: number
  readonly retraction?: boolean
}

/** What comes out of a window operator: panes, late elements, and dead letters of both. */
export class WindowOutput<A, Accumulator, Result> {
  readonly #context: OperatorContext
  readonly #plan: WindowPlan<A, Accumulator, Result>
  readonly #panes: Receiver<unknown>
  readonly #late: Receiver<unknown> | undefined

  constructor(context: OperatorContext, plan: WindowPlan<A, Accumulator, Result>) {
    this.#context = context
    this.#plan = plan
    this.#panes = context.output()
    this.#late = plan.late === 'sink' ? context.output('late') : undefined
  }

  advance(watermark: number): void {
    this.#panes.advance(watermark)
    this.#late?.advance(watermark)
  }

  restore(watermark: number): void {
    this.#panes.restore(watermark)
    this.#late?.restore(watermark)
  }

  /** Hands a pane on, under its own key and time; those of the element in hand are put back. */
  fire(key: string, { start, end }: Span, accumulator: Accumulator, firing: Firing): void {
    const { index, timing, keep, time = end - 1, retraction = false } = firing
    const { cursor } = this.#context
    const { name, aggregate } = this.#plan
    const { key: ownKey, eventTime: ownTime } = cursor
    cursor.key = key
    cursor.eventTime = time
    try {
      let value: Result
      try {
        value = aggregate.result(keep ? copyOf(aggregate, accumulator) : accumulator)
      } catch (error) {
        this.#context.fail(error, [start, end])
        return
      }
      const id = `${name}:${start}:${end}:${retraction ? '-' : ''}${index}:${key}`
      const pane: Pane = retraction ? { index, timing, id, retraction } : { index, timing, id }
      const windowed: Windowed<string, Result> = { key, start, end, value, pane }
      this.#panes.push(windowed)
    } finally {
      cursor.key = ownKey
      cursor.eventTime = ownTime
    }
  }

  /** Takes an element that all its windows refused. @param last the one of them that ends last */
  refuse(value: A, watermark: number, { start, end }: Span): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    const { name, late, lateness } = this.#plan
    counters.late++
    if (late === 'drop') return
    if (this.#late !== undefined) {
      const refused: Late<A> = { value, key, eventTime, watermark }
      this.#late.push(refused)
      return
    }
    this.#context.fail(
      new LateRecordError(
        `'${name}' refused an element of ${isoTime(eventTime)}: its window ended ${watermark + 1 - end} ms of event time ago and allowedLateness is ${lateness} ms; allow more, or give 'late' a sink or 'drop'`,
        { eventTime, watermark, start, end },
      ),
      [start, end],
      value,
    )
  }
}
