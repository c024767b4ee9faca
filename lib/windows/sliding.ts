import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { SlidingReceiver } from './sliding-receiver.ts'
import { mergingOf, type NeedsClose, type NeedsMerge, refuseEarlyPanes, type Windows } from './windows.ts'

/**
 * Windows of one size that start every `slide`: `[n * slide, n * slide + size)`, aligned to the epoch. An
 * event is in each of the windows that cover its time; Kafka Streams and Flink SQL call them hopping.
 *
 * Elements are aggregated once, into slices that the windows share; a window that closes unites its slices.
 * So the aggregate needs `merge`, and an element costs the same however many windows it is in.
 * @example
 * sliding('1h', '10m')
 * @throws ConfigurationError for a slide of 0, or one that is longer than the size
 */
export function sliding(size: Duration, slide: Duration): Windows<NeedsMerge & NeedsClose> {
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
      refuseEarlyPanes(plan, 'sliding')
      const merging = { ...plan, aggregate: mergingOf(plan, 'sliding') }
      return (context) => new SlidingReceiver(context, merging, slices)
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
}
