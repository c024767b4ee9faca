import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'
import { copyOf } from './aggregate.ts'
import type { United } from './key-slices.ts'
import type { Pane } from './pane.ts'
import { SlicesByKey } from './slices-by-key.ts'
import type { Slices } from './sliding.ts'
import type { SlidingPlan } from './sliding-receiver.ts'
import { hasPassed } from './trigger.ts'
import { WindowOutput } from './window-output.ts'

/** Accumulators may be anything, also `undefined`: they are kept in a box. */
interface Held<Accumulator> {
  readonly accumulator: Accumulator
}

/** One slice of one key, and the panes of the window that starts with it. */
interface TriggeredSlice<Accumulator> {
  /** absent if nothing fell into the slice, and only its window's panes are noted */
  content: Held<Accumulator> | undefined
  /** whether the content holds what no early panes had */
  news: boolean
  /** index of the window's next pane, not counting the one at the close, which writes no state */
  pane: number
  /** whether an element has come after the window's close: the pane at the close is then counted */
  late: boolean
  /** what the window's last pane held, if that is to be taken back by the next */
  before: Held<Accumulator> | undefined
}

type SliceCell<Accumulator> = Cell<TriggeredSlice<Accumulator>>

type Stored<Accumulator> = [
  pane: number,
  news: boolean,
  late: boolean,
  content: [] | [Accumulator],
  before: [] | [Accumulator],
]

/**
 * Overlapping windows at work, with panes before the close, or panes that take back the one before. Cells live
 * where those of `SlidingReceiver` do, and an element that fires nothing changes its slice alone: which windows
 * changed follows from which slices did.
 */
export class TriggeredSlidingReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: SlidingPlan<A, Accumulator, Result>
  readonly #over: Slices
  readonly #state: KeyedState<TriggeredSlice<Accumulator>>
  readonly #output: WindowOutput<A, Accumulator, Result>
  readonly #slices: SlicesByKey<Accumulator>
  /** slices that changed since the last early panes; made anew from the state */
  readonly #changed = new Set<SliceCell<Accumulator>>()
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
    this.#state = context.state<TriggeredSlice<Accumulator>>({
      // What the last pane held is never changed: it needs no copy.
      copy: (slice) => ({
        ...slice,
        content: slice.content && { accumulator: copyOf(plan.aggregate, slice.content.accumulator) },
      }),
      store: ({ pane, news, late, content, before }): Stored<Accumulator> => [
        pane,
        news,
        late,
        content === undefined ? [] : [content.accumulator],
        before === undefined ? [] : [before.accumulator],
      ],
      revive: ([pane, news, late, content, before]: Stored<Accumulator>) => ({
        pane,
        news,
        late,
        content: content.length === 0 ? undefined : { accumulator: content[0] },
        before: before.length === 0 ? undefined : { accumulator: before[0] },
      }),
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { lateness, emit } = this.#plan
    const { key, eventTime } = cursor
    const { size } = this.#over
    const newest = this.#over.lastWindowOf(eventTime)
    if (newest + size - 1 + lateness <= this.#watermark) {
      this.#output.refuse(value, this.#watermark, { start: newest, end: newest + size })
      return
    }
    const slice = this.#over.sliceOf(eventTime)
    const mayFire = lateness > 0 || emit === 'onUpdate'
    const windows = mayFire ? this.#over.windowsOf(eventTime) : []
    const updates = windows.filter((start) => this.#isUpdated(start))
    let cell: SliceCell<Accumulator>
    let isNew: boolean
    this.#state.mark()
    try {
      for (const start of updates) this.#noteClose(start, key)
      cell = this.#touched(slice, key)
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
    const isOpen = !this.#isClosed(newest)
    if (isOpen) counters.onTime++
    else counters.updated++
    counters.updatedPanes += updates.length
    for (const start of updates) this.#fire(start, key, 'late')
    if (emit === 'onUpdate') {
      for (const start of windows) if (!this.#isClosed(start)) this.#fire(start, key, 'early')
    } else if (emit !== 'onClose' && isOpen) {
      cell.value.news = true
      this.#changed.add(cell)
    }
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    const before = this.#watermark
    this.#watermark = watermark
    if (watermark >= this.#due) this.#close(before)
    const { emit } = this.#plan
    if (typeof emit === 'object' && hasPassed(emit.interval, before, watermark)) this.#fireChanged()
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#slices.clear()
    this.#changed.clear()
    for (const slice of [...this.#state.namespaces].sort((a, b) => a - b)) {
      for (const cell of this.#state.cells(slice)) {
        if (cell.value.content !== undefined) this.#slices.changed(slice, cell.key, true)
        if (cell.value.news) this.#changed.add(cell)
      }
    }
    this.#forget()
    this.#output.restore(watermark)
  }

  #isClosed(start: number): boolean {
    return start + this.#over.size - 1 <= this.#watermark
  }

  /** Whether a window has closed and is kept for late elements. */
  #isUpdated(start: number): boolean {
    return this.#isClosed(start) && start + this.#over.size - 1 + this.#plan.lateness > this.#watermark
  }

  #touched(slice: number, key: string): SliceCell<Accumulator> {
    const cell = this.#state.get(slice, key)
    if (cell !== undefined) {
      this.#state.touch(cell)
      return cell
    }
    const made = { content: undefined, news: false, pane: 0, late: false, before: undefined }
    return this.#state.create(slice, key, made)
  }

  /** Before the first element after a window's close: there was a pane then, if there was something in it. */
  #noteClose(start: number, key: string): void {
    const { value } = this.#touched(start, key)
    if (value.late) return
    value.late = true
    if (!this.#slices.hasAny(start, key)) return
    value.pane++
    if (this.#plan.mode === 'retracting') value.before = this.#heldAtClose(start, key)
  }

  #heldAtClose(start: number, key: string): Held<Accumulator> | undefined {
    try {
      const united = this.#slices.unite(start, key)
      return united && { accumulator: copyOf(this.#plan.aggregate, united.accumulator) }
    } catch {
      // It could not be united at the close either: that pane is a dead letter, and there is none to take back.
      return undefined
    }
  }

  /** Fires the windows that closed since the watermark was `before`, then forgets what is over. */
  #close(before: number): void {
    const { counters } = this.#context
    for (const start of this.#over.closing(this.#state.namespaces, before, this.#watermark)) {
      const keys = this.#slices.keysOf(start)
      counters.closedPanes += keys.length
      for (const key of keys) this.#pane(start, key, 'onTime')
    }
    this.#forget()
  }

  #fireChanged(): void {
    const keysOf = new Map<number, Set<string>>()
    for (const cell of this.#changed) {
      const open = this.#over.windowsOf(cell.namespace).filter((start) => !this.#isClosed(start))
      if (open.length === 0) continue
      this.#state.touch(cell)
      cell.value.news = false
      for (const start of open) keysOf.set(start, (keysOf.get(start) ?? new Set()).add(cell.key))
    }
    this.#changed.clear()
    for (const [start, keys] of [...keysOf].sort(([a], [b]) => a - b)) {
      for (const key of [...keys].sort()) this.#fire(start, key, 'early')
    }
  }

  /** Fires a pane and notes it. */
  #fire(start: number, key: string, timing: 'early' | 'late'): void {
    if (timing === 'early') this.#context.counters.earlyPanes++
    const { value } = this.#touched(start, key)
    const held = this.#pane(start, key, timing)
    value.pane++
    if (this.#plan.mode === 'retracting') value.before = held
  }

  /** @returns what it held, if that is to be taken back */
  #pane(start: number, key: string, timing: Pane['timing']): Held<Accumulator> | undefined {
    const { mode, aggregate } = this.#plan
    const span = { start, end: start + this.#over.size }
    const { pane = 0, before = undefined } = this.#state.get(start, key)?.value ?? {}
    if (before !== undefined) {
      this.#context.counters.retractions++
      const taken = { index: pane - 1, timing, keep: true, retraction: true }
      this.#output.fire(key, span, before.accumulator, taken)
    }
    let united: United<Accumulator> | undefined
    try {
      united = this.#slices.unite(start, key)
    } catch (error) {
      this.#context.fail(error, [span.start, span.end])
      return undefined
    }
    if (united === undefined) return undefined
    const isLast = timing === 'onTime'
    const held =
      mode === 'retracting' && !isLast ? { accumulator: copyOf(aggregate, united.accumulator) } : undefined
    this.#output.fire(key, span, united.accumulator, { index: pane, timing, keep: united.shared })
    return held
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
      for (const cell of this.#state.cells(slice)) {
        this.#slices.forget(slice, cell.key)
        this.#changed.delete(cell)
      }
      this.#state.drop(slice)
    }
    this.#due = this.#state.size === 0 ? Number.POSITIVE_INFINITY : this.#over.nextEnd(this.#watermark) - 1
  }
}
