import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { KeyedState } from '../core/keyed-state.ts'
import { copyOf, type MergingAggregate } from './aggregate.ts'
import type { United } from './key-slices.ts'
import { SlicesByKey } from './slices-by-key.ts'
import type { Slices } from './sliding.ts'
import { WindowOutput } from './window-output.ts'
import type { WindowPlan } from './windows.ts'

export interface SlidingPlan<A, Accumulator, Result> extends WindowPlan<A, Accumulator, Result> {
  readonly aggregate: MergingAggregate<A, Accumulator, Result>
}

/** One slice of one key, and the panes of the window that starts with it. */
interface SliceCell<Accumulator> {
  /** absent if nothing fell into the slice, and only its window's panes are noted */
  content: { accumulator: Accumulator } | undefined
  /** index of the window's newest pane */
  pane: number
}

/**
 * Overlapping windows at work. An element goes into its slice; a window that closes unites its slices. Cells
 * live in the namespace of their slice's start, and are forgotten when the last window over them is: that
 * follows from the watermark, as for windows side by side.
 */
export class SlidingReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: SlidingPlan<A, Accumulator, Result>
  readonly #over: Slices
  readonly #state: KeyedState<SliceCell<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  readonly #slices: SlicesByKey<Accumulator>
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next window ends */
  #due = Number.POSITIVE_INFINITY

  constructor(context: OperatorContext, plan: SlidingPlan<A, Accumulator, Result>, over: Slices) {
    this.#context = context
    this.#plan = plan
    this.#over = over
    this.#output = new WindowOutput(context, plan)
    this.#slices = new SlicesByKey({
      size: over.size,
      contentOf: (slice, key) => this.#contentOf(slice, key),
      merge: (a, b) => plan.aggregate.merge(a, b),
    })
    this.#state = context.state<SliceCell<Accumulator>>({
      copy: ({ content, pane }) => ({
        content: content && { accumulator: copyOf(plan.aggregate, content.accumulator) },
        pane,
      }),
      store: ({ content, pane }) => (content === undefined ? [pane] : [pane, content.accumulator]),
      revive: (stored: [pane: number, accumulator?: Accumulator]) => ({
        content: stored.length === 1 ? undefined : { accumulator: stored[1] as Accumulator },
        pane: stored[0],
      }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    const { size } = this.#over
    const newest = this.#over.lastWindowOf(eventTime)
    if (newest + size - 1 + this.#plan.lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, { start: newest, end: newest + size })
      return
    }
    const slice = this.#over.sliceOf(eventTime)
    const updates = this.#closedWindowsOf(eventTime)
    this.#state.mark()
    let cell = this.#state.get(slice, key)
    let isNew = false
    try {
      for (const start of updates) this.#notePane(start, key)
      cell ??= this.#state.get(slice, key)
      if (cell === undefined) cell = this.#state.create(slice, key, { content: undefined, pane: 0 })
      else this.#state.touch(cell)
      isNew = cell.value.content === undefined
      const { aggregate } = this.#plan
      const before = cell.value.content?.accumulator ?? aggregate.create()
      cell.value.content = { accumulator: aggregate.add(before, value, cursor) }
    } catch (error) {
      this.#state.revert()
      // What was united may hold the accumulator that `add` left half changed.
      this.#slices.changed(slice, key, false)
      counters.failed++
      this.#context.fail(error, [newest, newest + size], value)
      return
    }
    this.#slices.changed(slice, key, isNew)
    this.#due = Math.min(this.#due, this.#over.nextEnd(this.#watermark) - 1)
    if (newest + size - 1 > this.#watermark) counters.onTime++
    else counters.updated++
    counters.updatedPanes += updates.length
    for (const start of updates) this.#fire(start, key, 'late')
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
    this.#slices.clear()
    for (const slice of [...this.#state.namespaces].sort((a, b) => a - b)) {
      for (const { key, value } of this.#state.cells(slice)) {
        if (value.content !== undefined) this.#slices.changed(slice, key, true)
      }
    }
    this.#forget()
    this.#output.restore(watermark)
  }

  /** The windows of a time that have closed and are kept for late elements, oldest first. */
  #closedWindowsOf(time: number): number[] {
    const { size, slide } = this.#over
    const { lateness } = this.#plan
    const kept = this.#watermark - lateness - size + 1
    const starts: number[] = []
    if (lateness === 0) return starts
    const first = Math.max(this.#over.firstWindowOf(time), this.#over.lastWindowOf(kept) + slide)
    for (let start = first; start <= time && start + size - 1 <= this.#watermark; start += slide) {
      starts.push(start)
    }
    return starts
  }

  /** Counts a late pane of a window. Its first one follows the pane at the close, if there was one. */
  #notePane(start: number, key: string): void {
    const cell = this.#state.get(start, key)
    if (cell !== undefined) {
      this.#state.touch(cell)
      cell.value.pane++
      return
    }
    this.#state.create(start, key, { content: undefined, pane: this.#slices.hasAny(start, key) ? 1 : 0 })
  }

  /** Fires the windows that closed since the watermark was `before`, then forgets what is over. */
  #close(before: number): void {
    const { counters } = this.#context
    for (const start of this.#over.closing(this.#state.namespaces, before, this.#watermark)) {
      const keys = this.#slices.keysOf(start)
      counters.closedPanes += keys.length
      for (const key of keys) this.#fire(start, key, 'onTime')
    }
    this.#forget()
  }

  #fire(start: number, key: string, timing: 'onTime' | 'late'): void {
    const end = start + this.#over.size
    let united: United<Accumulator> | undefined
    try {
      united = this.#slices.unite(start, key)
    } catch (error) {
      this.#context.fail(error, [start, end])
      return
    }
    if (united === undefined) return
    const index = this.#state.get(start, key)?.value.pane ?? 0
    this.#output.fire(key, { start, end }, united.accumulator, { index, timing, keep: united.shared })
  }

  #contentOf(slice: number, key: string): Accumulator {
    const content = this.#state.get(slice, key)?.value.content
    if (content === undefined) throw new RangeError(`no slice ${slice} of '${key}'`)
    return content.accumulator
  }

  #forget(): void {
    const { size } = this.#over
    for (const slice of [...this.#state.namespaces].sort((a, b) => a - b)) {
      if (this.#over.lastWindowOf(slice) + size - 1 + this.#plan.lateness > this.#watermark) break
      for (const { key } of this.#state.cells(slice)) {
        this.#slices.forget(slice, key)
      }
      this.#state.drop(slice)
    }
    this.#due = this.#state.size === 0 ? Number.POSITIVE_INFINITY : this.#over.nextEnd(this.#watermark) - 1
  }
}
