/** Over how long the rate is taken, ms. */
const SPAN = 3_000

/** Records a second, over the last seconds. */
export class Rate {
  readonly #seen: { readonly at: number; readonly records: number }[] = []

  /** @param records how many there are by now */
  of(records: number): number {
    const at = performance.now()
    this.#seen.push({ at, records })
    while (this.#seen.length > 2 && at - (this.#seen[0]?.at ?? at) > SPAN) this.#seen.shift()
    const [first] = this.#seen
    if (first === undefined || at === first.at) return 0
    return ((records - first.records) / (at - first.at)) * 1_000
  }
}
