import { expect, test } from 'vitest'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { type Item, MemoryTable } from '../../lib/testing/memory-table.ts'
import { sinkTableContract } from '../connectors/dynamodb/table-contract.ts'

sinkTableContract('A table in memory', async (target) => {
  const table = new MemoryTable(target)
  return { writer: table, items: async () => table.items() }
})

const upsert: DynamoDBTarget = { type: 'dynamodb', table: 'out', key: ['k'], mode: 'upsert' }

const output = (payload: Item, sequenceNumber: string, output = 0): SinkRecord => ({
  order: { generation: 0, epoch: 0, sequenceNumber, subSequence: 0, tick: 0, output },
  id: `task:${sequenceNumber}.${output}`,
  payload,
})

test('items are shown by key: numbers by value, text by code unit', async () => {
  const byNumber = new MemoryTable(upsert)
  await byNumber.write([10, 9, -1].map((k, n) => output({ k }, String(n))))
  expect(byNumber.items().map(({ k }) => k)).toEqual([-1, 9, 10])
  const byText = new MemoryTable(upsert)
  await byText.write(['b', 'a', 'B'].map((k, n) => output({ k }, String(n))))
  expect(byText.items().map(({ k }) => k)).toEqual(['B', 'a', 'b'])
})

test('keys of another type, or of other parts, are other keys', async () => {
  const table = new MemoryTable({ ...upsert, key: ['k', 'l'] })
  const keys: [unknown, unknown][] = [
    [1, '1'],
    ['1', '1'],
    ['x\nstring y', 'z'],
    ['x', 'y\nstring z'],
    ['', 'ab'],
    ['a', 'b'],
  ]
  await table.write(keys.map(([k, l], n) => output({ k, l }, String(n))))
  expect(table.items()).toHaveLength(keys.length)
})
