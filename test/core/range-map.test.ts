import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RangeMap } from '../../lib/core/range-map.ts'

const same = (a: number, b: number): boolean => a === b
const range = (start: number, end: number) => ({ startingHashKey: BigInt(start), endingHashKey: BigInt(end) })
const put = (map: RangeMap<number>, start: number, end: number, value: number) =>
  map.update(range(start, end), 0, () => value)
const shown = (map: RangeMap<number>) =>
  map.entries.map(({ range: { startingHashKey, endingHashKey }, value }) => [
    Number(startingHashKey),
    Number(endingHashKey),
    value,
  ])

describe('A range map', () => {
  test('has one entry for neighbours that are alike, and gets more where they differ', () => {
    let map = put(new RangeMap<number>(same), 0, 9, 1)
    map = put(map, 3, 5, 2)
    expect(shown(map)).toEqual([
      [0, 2, 1],
      [3, 5, 2],
      [6, 9, 1],
    ])
    expect(shown(put(map, 3, 5, 1))).toEqual([[0, 9, 1]])
  })

  test('knows nothing outside of what it is restricted to', () => {
    const map = put(put(new RangeMap<number>(same), 0, 4, 1), 5, 9, 2)
    expect(shown(map.restrict(range(3, 6)))).toEqual([
      [3, 4, 1],
      [5, 6, 2],
    ])
  })

  test('lets another one lie over it', () => {
    const under = put(new RangeMap<number>(same), 0, 9, 1)
    expect(shown(under.overlay(put(new RangeMap<number>(same), 8, 12, 2)))).toEqual([
      [0, 7, 1],
      [8, 12, 2],
    ])
  })

  test('is stored with the ends of its ranges in hexadecimal, all 128 bits of them', () => {
    const last = 2n ** 128n - 1n
    const map = new RangeMap<number>(same, [
      { range: { startingHashKey: 1n, endingHashKey: last }, value: 7 },
    ])
    expect(map.stored()).toEqual([['1', 'f'.repeat(32), 7]])
    expect(RangeMap.revive(same, map.stored()).entries).toEqual(map.entries)
  })

  test('says of every key what was put there last', () => {
    const change = fc.tuple(fc.nat({ max: 30 }), fc.nat({ max: 30 }), fc.integer({ min: 1, max: 3 }))
    fc.assert(
      fc.property(fc.array(change, { maxLength: 12 }), (changes) => {
        let map = new RangeMap<number>(same)
        const plain = new Array<number>(31).fill(0)
        for (const [a, b, value] of changes) {
          const [start, end] = a < b ? [a, b] : [b, a]
          map = map.update(range(start, end), 0, (before) => before * 3 + value)
          for (let key = start; key <= end; key++) plain[key] = (plain[key] ?? 0) * 3 + value
        }
        for (const [key, value] of plain.entries()) {
          expect(map.within(range(key, key), 0)).toEqual([{ range: range(key, key), value }])
        }
        for (const [index, { value }] of map.entries.entries()) {
          const next = map.entries[index + 1]
          const touches = next?.range.startingHashKey === (map.entries[index]?.range.endingHashKey ?? 0n) + 1n
          expect(touches && next?.value === value).toBe(false)
        }
      }),
    )
  })
})
