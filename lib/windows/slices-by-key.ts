import { KeySlices, type United, type Uniting } from './key-slices.ts'

/** What windows hold, by key. */
export interface SliceContents<Accumulator> {
  /** of a window, ms */
  readonly size: number
  readonly contentOf: (slice: number, key: string) => Accumulator
  readonly merge: Uniting<Accumulator>['merge']
}

/** Which slices of each key hold something: an index over the state, made anew when that is loaded or taken back. */
export class SlicesByKey<Accumulator> {
  readonly #contents: SliceContents<Accumulator>
  readonly #keys = new Map<string, KeySlices<Accumulator>>()

  constructor(contents: SliceContents<Accumulator>) {
    this.#contents = contents
  }

  /** Takes note that a slice holds something more. */
  changed(slice: number, key: string, isNew: boolean): void {
    let slices = this.#keys.get(key)
    if (slices === undefined) {
      if (!isNew) return
      slices = new KeySlices()
      this.#keys.set(key, slices)
    }
    slices.changed(slice, isNew)
  }

  /** Whether a window of a key holds anything. */
  hasAny(start: number, key: string): boolean {
    return this.#keys.get(key)?.hasAny(start, start + this.#contents.size) ?? false
  }

  /** The keys of which a window holds anything, in order. */
  keysOf(start: number): string[] {
    const keys: string[] = []
    for (const [key, held] of this.#keys) if (held.hasAny(start, start + this.#contents.size)) keys.push(key)
    return keys.sort()
  }

  /** What a window of a key holds, if anything. */
  unite(start: number, key: string): United<Accumulator> | undefined {
    const { size, contentOf, merge } = this.#contents
    return this.#keys.get(key)?.unite(start, { size, contentOf: (slice) => contentOf(slice, key), merge })
  }

  /** Forgets a slice, if it holds anything; no older one of the key is left. */
  forget(slice: number, key: string): void {
    const held = this.#keys.get(key)
    held?.forget(slice)
    if (held?.isEmpty === true) this.#keys.delete(key)
  }

  clear(): void {
    this.#keys.clear()
  }
}
