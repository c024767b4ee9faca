import { intersection } from './hash-key.ts'
import type { HashRange } from './shards.ts'

/** A range with the value that all its hash keys have. */
export interface RangeEntry<V> {
  readonly range: HashRange
  readonly value: V
}

/** A range as it is stored: its ends in hexadecimal, and the value. */
export type StoredRange<V> = readonly [start: string, end: string, value: V]

/**
 * Values by range of hash keys, in order, none overlapping another. Neighbours with equal values are one
 * (protocol R24), so that a map shrinks again once its ranges are alike. Never changed in place.
 */
export class RangeMap<V> {
  readonly entries: readonly RangeEntry<V>[]
  readonly #equal: (a: V, b: V) => boolean

  constructor(equal: (a: V, b: V) => boolean, entries: readonly RangeEntry<V>[] = []) {
    this.#equal = equal
    this.entries = entries
  }

  /** The parts of `range`, in order; with `missing` for those that have no value. */
  within(range: HashRange, missing: V): RangeEntry<V>[] {
    const parts: RangeEntry<V>[] = []
    let next = range.startingHashKey
    for (const each of this.entries) {
      const common = intersection(each.range, range)
      if (common === undefined) continue
      if (common.startingHashKey > next) {
        parts.push({
          range: { startingHashKey: next, endingHashKey: common.startingHashKey - 1n },
          value: missing,
        })
      }
      parts.push({ range: common, value: each.value })
      next = common.endingHashKey + 1n
    }
    if (next <= range.endingHashKey) {
      parts.push({ range: { startingHashKey: next, endingHashKey: range.endingHashKey }, value: missing })
    }
    return parts
  }

  /** A map in which every part of `range` has what `change` makes of it. */
  update(range: HashRange, missing: V, change: (value: V) => V): RangeMap<V> {
    const changed = this.within(range, missing).map((part) => ({
      range: part.range,
      value: change(part.value),
    }))
    return this.#joined([...this.#outside(range), ...changed])
  }

  /** A map that knows nothing outside of `range`. */
  restrict(range: HashRange): RangeMap<V> {
    const entries = this.entries.flatMap((each) => {
      const common = intersection(each.range, range)
      return common === undefined ? [] : [{ range: common, value: each.value }]
    })
    return new RangeMap(this.#equal, entries)
  }

  /** A map with what `other` knows over what this one does. */
  overlay(other: RangeMap<V>): RangeMap<V> {
    let map: RangeMap<V> = this
    for (const { range, value } of other.entries) map = map.update(range, value, () => value)
    return map
  }

  stored(): StoredRange<V>[] {
    return this.entries.map(({ range, value }) => [
      range.startingHashKey.toString(16),
      range.endingHashKey.toString(16),
      value,
    ])
  }

  static revive<V>(equal: (a: V, b: V) => boolean, stored: readonly StoredRange<V>[]): RangeMap<V> {
    return new RangeMap(
      equal,
      stored.map(([start, end, value]) => ({ range: reviveRange(start, end), value })),
    )
  }

  #outside({ startingHashKey, endingHashKey }: HashRange): RangeEntry<V>[] {
    return this.entries.flatMap(({ range, value }) => {
      const below =
        range.startingHashKey < startingHashKey
          ? [
              {
                startingHashKey: range.startingHashKey,
                endingHashKey: least(range.endingHashKey, startingHashKey - 1n),
              },
            ]
          : []
      const above =
        range.endingHashKey > endingHashKey
          ? [
              {
                startingHashKey: greatest(range.startingHashKey, endingHashKey + 1n),
                endingHashKey: range.endingHashKey,
              },
            ]
          : []
      return [...below, ...above].map((part) => ({ range: part, value }))
    })
  }

  #joined(entries: readonly RangeEntry<V>[]): RangeMap<V> {
    const sorted = entries.toSorted((a, b) => (a.range.startingHashKey < b.range.startingHashKey ? -1 : 1))
    const joined: RangeEntry<V>[] = []
    for (const each of sorted) {
      const last = joined.at(-1)
      const touches = last !== undefined && last.range.endingHashKey + 1n === each.range.startingHashKey
      if (last !== undefined && touches && this.#equal(last.value, each.value)) {
        const range = { startingHashKey: last.range.startingHashKey, endingHashKey: each.range.endingHashKey }
        joined[joined.length - 1] = { range, value: last.value }
      } else joined.push(each)
    }
    return new RangeMap(this.#equal, joined)
  }
}

const least = (a: bigint, b: bigint): bigint => (a < b ? a : b)
const greatest = (a: bigint, b: bigint): bigint => (a > b ? a : b)

/** A range out of its ends in hexadecimal. */
export const reviveRange = (start: string, end: string): HashRange => ({
  startingHashKey: BigInt(`0x${start}`),
  endingHashKey: BigInt(`0x${end}`),
})
