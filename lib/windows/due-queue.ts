interface Due<V> {
  readonly at: number
  readonly value: V
}

/** Values by the time at which they are due: a binary heap. */
export class DueQueue<V> {
  readonly #heap: Due<V>[] = []

  /** When the first one is due. */
  get first(): number {
    return this.#heap[0]?.at ?? Number.POSITIVE_INFINITY
  }

  add(at: number, value: V): void {
    const heap = this.#heap
    const added: Due<V> = { at, value }
    let place = heap.push(added) - 1
    for (;;) {
      const parent = (place - 1) >> 1
      const above = heap[parent]
      if (above === undefined || above.at <= at) break
      heap[place] = above
      place = parent
    }
    heap[place] = added
  }

  /** Takes out all that is due at `now`, in no particular order. */
  take(now: number): V[] {
    const taken: V[] = []
    for (;;) {
      const [top] = this.#heap
      if (top === undefined || top.at > now) return taken
      taken.push(top.value)
      const last = this.#heap.pop()
      if (last !== undefined && last !== top) this.#sink(last)
    }
  }

  clear(): void {
    this.#heap.length = 0
  }

  /** Puts one in the place of the top, and further down as long as something below is due before it. */
  #sink(due: Due<V>): void {
    const heap = this.#heap
    let place = 0
    for (;;) {
      const left = heap[2 * place + 1]
      const right = heap[2 * place + 2]
      const isLeft = left !== undefined && (right === undefined || left.at <= right.at)
      const next = isLeft ? left : right
      if (next === undefined || next.at >= due.at) break
      heap[place] = next
      place = 2 * place + (isLeft ? 1 : 2)
    }
    heap[place] = due
  }
}
