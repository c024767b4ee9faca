import fc from 'fast-check'
import { expect, test } from 'vitest'
import { packedBytes } from '../../lib/state/binary.ts'
import { addTo, copySet, type DistinctSet, sizeOf, unite } from '../../lib/windows/distinct-set.ts'

type Member = string | number | boolean

const setOf = (values: readonly Member[]) => values.reduce<DistinctSet>(addTo, [])

const members = fc.array(
  fc.oneof(
    fc.nat({ max: 200 }),
    fc.integer({ min: 4_090, max: 4_100 }),
    fc.integer({ min: 2 ** 32 - 3, max: 2 ** 32 + 3 }),
    fc.integer(),
    fc.constantFrom<Member>('1', '', 1.5, -0, true, false, 1e300),
  ),
  { maxLength: 150 },
)

test('it counts what a Set counts, also of a union, and neither side of it changes', () => {
  fc.assert(
    fc.property(members, members, (x, y) => {
      let a = setOf(x)
      const b = setOf(y)
      const copy = copySet(a)
      expect(sizeOf(a)).toBe(new Set(x).size)
      expect(sizeOf(unite(a, b))).toBe(new Set([...x, ...y]).size)
      expect([a, b]).toEqual([setOf(x), setOf(y)])
      for (const value of y) a = addTo(a, value)
      expect(sizeOf(a)).toBe(new Set([...x, ...y]).size)
      expect(copy).toEqual(setOf(x))
    }),
  )
})

test('ids in a row take a bit each, ids far apart a few bytes, and a few of any kind no more than a list', () => {
  expect(packedBytes(setOf(Array.from({ length: 100_000 }, (_, id) => 1_000 + id)))).toBeLessThan(13_500)
  expect(packedBytes(setOf(Array.from({ length: 1_000 }, (_, id) => id * 1_000_003)))).toBeLessThan(12_000)
  expect(packedBytes(setOf([7, 9, 'a']))).toBe(packedBytes([7, 9, 'a']))
})
