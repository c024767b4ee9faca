/** Random numbers that a seed decides (mulberry32). */
export class Random {
  #state: number

  /** @param salt tells several sequences of one seed apart */
  constructor(seed: number, salt = 0) {
    this.#state = (Math.imul(seed, 0x9e37_79b1) ^ Math.imul(salt + 1, 0x85eb_ca6b)) >>> 0
    this.next()
  }

  /** From 0 to 1, exclusive. */
  next(): number {
    this.#state = (this.#state + 0x6d2b_79f5) >>> 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }

  /** A whole number from `low` to `high`, both inclusive. */
  between(low: number, high: number): number {
    return low + Math.floor(this.next() * (high - low + 1))
  }

  chance(probability: number): boolean {
    return probability > 0 && this.next() < probability
  }

  pick<A>(list: readonly A[]): A {
    if (list.length === 0) throw new RangeError('nothing to pick from')
    return list[this.between(0, list.length - 1)] as A
  }

  /** One of the list, each as likely as its weight says. */
  weighted<A>(list: readonly A[], weightOf: (item: A) => number): A {
    let rest = this.next() * list.reduce((sum, item) => sum + weightOf(item), 0)
    const picked = list.find((item) => {
      rest -= weightOf(item)
      return rest < 0
    })
    return picked ?? this.pick(list)
  }

  shuffled<A>(list: readonly A[]): A[] {
    const shuffled = [...list]
    for (let last = shuffled.length - 1; last > 0; last--) {
      const other = this.between(0, last)
      const kept = shuffled[last] as A
      shuffled[last] = shuffled[other] as A
      shuffled[other] = kept
    }
    return shuffled
  }

  /** The list cut into runs, in order; a run ends behind an item with this probability. */
  cut<A>(list: readonly A[], probability: number): A[][] {
    const runs: A[][] = []
    let open: A[] | undefined
    for (const item of list) {
      if (open === undefined) {
        open = []
        runs.push(open)
      }
      open.push(item)
      if (this.chance(probability)) open = undefined
    }
    return runs
  }
}
