import fc from 'fast-check'
import { expect, test } from 'vitest'
import { insertInto } from '../../lib/windows/bounded-list.ts'

interface Item {
  readonly rank: number
  readonly came: number
}

test('it holds the first ones of a stable sort', () => {
  fc.assert(
    fc.property(fc.array(fc.nat({ max: 5 })), fc.integer({ min: 1, max: 20 }), (ranks, limit) => {
      const items = ranks.map((rank, came): Item => ({ rank, came }))
      const list: Item[] = []
      for (const item of items) insertInto(list, item, (a, b) => a.rank - b.rank, limit)
      expect(list).toEqual(items.toSorted((a, b) => a.rank - b.rank).slice(0, limit))
    }),
  )
})
