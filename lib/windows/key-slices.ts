/** What slices hold, and how that is united. */
export interface Uniting<Accumulator> {
  /** of a window, ms */
  readonly size: number
  readonly contentOf: (slice: number) => Accumulator
  readonly merge: (a: Accumulator, b: Accumulator) => Accumulator
}

/** Accumulators may be anything, also `undefined`: they are kept in a box. */
interface Sum<Accumulator> {
  readonly accumulator: Accumulator
}

/** What a window holds. */
export interface United<Accumulator> extends Sum<Accumulator> {
  /** whether it is kept: a slice's own accumulator, or one that is united once more */
  readonly shared: boolean
}

/** The slices from a border on to before `to`, united. */
interface Beginning<Accumulator> {
  readonly border: number
  readonly to: number
  readonly sum?: Sum<Accumulator>
}

const NOTHING = Number.NEGATIVE_INFINITY

/**
 * The slices of one key that hold something, and what windows unite of them. Time is cut into blocks as long
 * as a window: a window is then the end of one block and the beginning of the next. Ends are united from the
 * block's last slice backwards, beginnings forwards, and both are kept for the windows that follow: about
 * three merges a slice, however many slices a window has (van Herk 1992; Gil and Werman 1993). What is united
 * in which order depends on times alone, and not on what is kept.
 */
export class KeySlices<Accumulator> {
  /** oldest first */
  readonly #slices: number[] = []
  /** the last slice before the border, the last two, the last three, … */
  #ends = { border: NOTHING, sums: [] as Sum<Accumulator>[] }
  #beginning: Beginning<Accumulator> = { border: NOTHING, to: NOTHING }

  get isEmpty(): boolean {
    return this.#slices.length === 0
  }

  /** Whether one of them starts in `[from, to)`. */
  hasAny(from: number, to: number): boolean {
    return (this.#slices[this.#placeOf(from)] ?? Number.POSITIVE_INFINITY) < to
  }

  /** Takes note that a slice holds something more. */
  changed(slice: number, isNew: boolean): void {
    if (isNew) this.#slices.splice(this.#placeOf(slice), 0, slice)
    if (slice < this.#ends.border) this.#ends.sums = []
    if (slice < this.#beginning.to) this.#beginning = { border: NOTHING, to: NOTHING }
  }

  /** Forgets a slice, if it holds anything; no older one is left. */
  forget(slice: number): void {
    if (this.#slices[0] === slice) this.#slices.shift()
  }

  /** What the window from `start` holds, if anything. */
  unite(start: number, uniting: Uniting<Accumulator>): United<Accumulator> | undefined {
    const { size, contentOf, merge } = uniting
    const end = start + size
    const border = (Math.floor(start / size) + 1) * size
    const only = this.#onlyOne(start, end)
    if (only !== undefined) return { accumulator: contentOf(only), shared: true }
    const a = this.#end(start, border, uniting)
    const b = this.#beginningTo(end, border, uniting)
    if (a !== undefined && b !== undefined) {
      return { accumulator: merge(a.accumulator, b.accumulator), shared: false }
    }
    const part = a ?? b
    return part && { ...part, shared: true }
  }

  #onlyOne(start: number, end: number): number | undefined {
    const place = this.#placeOf(start)
    const [first, second = Number.POSITIVE_INFINITY] = this.#slices.slice(place, place + 2)
    return first !== undefined && first < end && second >= end ? first : undefined
  }

  /** All slices from `start` to the border. */
  #end(
    start: number,
    border: number,
    { contentOf, merge }: Uniting<Accumulator>,
  ): Sum<Accumulator> | undefined {
    if (border > this.#ends.border) this.#ends = { border, sums: [] }
    // A late pane of an older window leaves alone what is kept for those to come.
    const sums = border === this.#ends.border ? this.#ends.sums : []
    const after = this.#placeOf(border)
    const wanted = after - this.#placeOf(start)
    for (const slice of this.#slices.slice(after - wanted, after - Math.min(sums.length, wanted)).reverse()) {
      const later = sums.at(-1)
      const content = contentOf(slice)
      sums.push({ accumulator: later === undefined ? content : merge(content, later.accumulator) })
    }
    return sums[wanted - 1]
  }

  /** All slices from the border to before `end`. */
  #beginningTo(
    end: number,
    border: number,
    { contentOf, merge }: Uniting<Accumulator>,
  ): Sum<Accumulator> | undefined {
    const kept = this.#beginning
    const goesOn = kept.border === border && kept.to <= end
    const from = goesOn ? kept.to : border
    let sum = goesOn ? kept.sum : undefined
    for (const slice of this.#slices.slice(this.#placeOf(from), this.#placeOf(end))) {
      const content = contentOf(slice)
      sum = { accumulator: sum === undefined ? content : merge(sum.accumulator, content) }
    }
    if (goesOn || border > kept.border) this.#beginning = { border, to: end, ...(sum && { sum }) }
    return sum
  }

  /** Place of the first slice at or after a time. */
  #placeOf(time: number): number {
    let [low, high] = [0, this.#slices.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if ((this.#slices[middle] ?? Number.POSITIVE_INFINITY) < time) low = middle + 1
      else high = middle
    }
    return low
  }
}
