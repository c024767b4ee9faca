import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { SlidingReceiver } from './sliding-receiver.ts'
import { TriggeredSlidingReceiver } from './triggered-sliding-receiver.ts'
import { mergingOf, type NeedsMerge, type Windows } from './windows.ts'

/** Windows that share what they hold: no pane of one can do away with it. */
export interface NeedsWhole {
  readonly panes?: 'accumulating' | 'retracting'
}

/**
 * Windows of one size that start every `slide`: `[n * slide, n * slide + size)`, aligned to the epoch. An
 * event is in each of the windows that cover its time; Kafka Streams and Flink SQL call them hopping.
 *
 * Elements are aggregated once, into slices that the windows share; a window that closes unites its slices.
 * So the aggregate needs `merge`, and an element costs the same however many windows it is in.
 *
 * With `emit: 'onUpdate'` an element fires each open window that it is in, oldest first, and each pane unites the
 * slices of its window: that costs more, the more windows there are. With `every` it does so once an interval for
 * all that changed. Panes cannot be `'discarding'`: the slices belong to other windows too.
 * @example
 * sliding('1h', '10m')
 * @throws ConfigurationError for a slide of 0, or one that is longer than the size
 */
export function sliding(size: Duration, slide: Duration): Windows<NeedsMerge & NeedsWhole> {
  const slices = new Slices(milliseconds(size, 'sliding'), milliseconds(slide, 'sliding'))
  if (slices.slide === 0 || slices.slide > slices.size) {
    throw new ConfigurationError(
      `sliding('${size}', '${slide}') cannot be: expected a slide of at least '1ms' and at most the size, or some times would be in no window`,
      { size, slide },
    )
  }
  return {
    signature: `sliding ${slices.size} ms, ${slices.slide} ms`,
    build: (plan) => {
      if (plan.mode === 'discarding') {
        throw new ConfigurationError(
          `window '${plan.name}' has discarding panes, which sliding windows do not have: they share what they hold; use 'retracting' panes, or tumbling windows`,
          { name: plan.name },
        )
      }
      const merging = { ...plan, aggregate: mergingOf(plan, 'sliding') }
      const plain = plan.emit === 'onClose' && plan.mode === 'accumulating'
      return (context) =>
        plain
          ? new SlidingReceiver(context, merging, slices)
          : new TriggeredSlidingReceiver(context, merging, slices)
    },
  }
}

/**
 * The slices that sliding windows are made of. Times are cut where a window starts and where one ends: at
 * most two slices a slide (the pairs of Krishnamurthy, Wu and Franklin, On-the-fly sharing for streamed
 * aggregation, SIGMOD 2006). A slice is named by its start; a window too, and it is its first slice's.
 */
export class Slices {
  readonly size: number
  readonly slide: number
  readonly #cut: number

  /** @param size ms @param slide ms */
  constructor(size: number, slide: number) {
    this.size = size
    this.slide = slide
    this.#cut = size % slide
  }

  /** The slice that a time is in. */
  sliceOf(time: number): number {
    const start = this.lastWindowOf(time)
    return time - start < this.#cut ? start : start + this.#cut
  }

  /** The last of the windows that a time is in. */
  lastWindowOf(time: number): number {
    return Math.floor(time / this.slide) * this.slide
  }

  /** The first of them. */
  firstWindowOf(time: number): number {
    return this.lastWindowOf(time - this.size) + this.slide
  }

  /** The windows that a time is in, oldest first. */
  windowsOf(time: number): number[] {
    const starts: number[] = []
    for (let start = this.firstWindowOf(time); start <= time; start += this.slide) starts.push(start)
    return starts
  }

  /** The end of the next window to close. */
  nextEnd(watermark: number): number {
    return this.lastWindowOf(watermark - this.size + 1) + this.slide + this.size
  }

  /** The windows over some slices that close as the watermark goes on, oldest first. */
  *closing(slices: Iterable<number>, before: number, watermark: number): Generator<number> {
    const ordered = [...slices].sort((a, b) => a - b)
    let next = 0
    let start = this.nextEnd(before) - this.size
    for (;;) {
      // A window that nothing fell into is skipped, and with it all up to the next slice.
      while ((ordered[next] ?? Number.POSITIVE_INFINITY) < start) next++
      const slice = ordered[next]
      if (slice === undefined) return
      if (!(start + this.size > slice)) start = this.firstWindowOf(slice)
      if (start + this.size - 1 > watermark) return
      yield start
      start += this.slide
    }
  }
}
