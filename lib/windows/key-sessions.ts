import type { Cell } from '../core/keyed-state.ts'

/** Times of the first and the last element, epoch ms. */
export interface SessionTimes {
  readonly first: number
  readonly last: number
}

/** Which sessions each key has: an index over the state, made anew when that is loaded or taken back. */
export class KeySessions<V extends SessionTimes> {
  readonly #byKey = new Map<string, Cell<V>[]>()

  add(cell: Cell<V>): void {
    const known = this.#byKey.get(cell.key)
    if (known === undefined) this.#byKey.set(cell.key, [cell])
    else if (!known.includes(cell)) known.push(cell)
  }

  remove(cell: Cell<V>): void {
    const left = this.#byKey.get(cell.key)?.filter((each) => each !== cell) ?? []
    if (left.length > 0) this.#byKey.set(cell.key, left)
    else this.#byKey.delete(cell.key)
  }

  has(cell: Cell<V>): boolean {
    return this.#byKey.get(cell.key)?.includes(cell) ?? false
  }

  /** The sessions of a key that an element at `time` belongs to, oldest first: at most two. */
  around(key: string, time: number, gap: number): Cell<V>[] {
    const near = this.#byKey
      .get(key)
      ?.filter(({ value }) => value.first <= time + gap && value.last >= time - gap)
    return near?.sort((a, b) => a.value.first - b.value.first) ?? []
  }

  clear(): void {
    this.#byKey.clear()
  }
}
