import { expect, it } from 'vitest'
import { KeyedStateTable } from '../../lib/state/keyed-state-table.ts'

it('a namespace of hundreds of thousands of cells can be stored and revived', () => {
  const shape = { copy: (n: number) => n, store: (n: number) => n, revive: (n: number) => n }
  const table = new KeyedStateTable<number>(shape)
  table.begin(false)
  for (let n = 0; n < 300_000; n++) table.create(0, `key-${n}`, n)
  const revived = new KeyedStateTable<number>(shape)
  revived.revive(table.everything())
  expect(revived.size).toBe(300_000)
  expect(revived.get(0, 'key-299999')?.value).toBe(299_999)
})
