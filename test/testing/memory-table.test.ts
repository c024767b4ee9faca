import { describe, expect, test } from 'vitest'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { type Item, MemoryTable } from '../../lib/testing/memory-table.ts'

const upsert: DynamoDBTarget = { type: 'dynamodb', table: 'out', key: ['k'], mode: 'upsert' }

const output = (payload: Item, sequenceNumber: string, output = 0): SinkRecord => ({
  order: { generation: 0, epoch: 0, sequenceNumber, subSequence: 0, tick: 0, output },
  id: `task:${sequenceNumber}.${output}`,
  payload,
})

describe('The guard', () => {
  test.each([
    ['an older output', ['10', '9']],
    ['the same output', ['10', '10']],
  ])('keeps %s from overwriting', async (_, sequenceNumbers) => {
    const table = new MemoryTable(upsert)
    for (const [n, each] of sequenceNumbers.entries()) await table.write([output({ k: 'a', n }, each)])
    expect(table.items()).toEqual([{ k: 'a', n: 0 }])
  })

  test('lets a newer output in, also of the same record', async () => {
    const table = new MemoryTable(upsert)
    await table.write([
      output({ k: 'a', n: 0 }, '9'),
      output({ k: 'a', n: 1 }, '10'),
      output({ k: 'a', n: 2 }, '10', 1),
    ])
    expect(table.items()).toEqual([{ k: 'a', n: 2 }])
  })

  test('is kept per item', async () => {
    const table = new MemoryTable(upsert)
    await table.write([output({ k: 'a' }, '10'), output({ k: 'b' }, '9')])
    expect(table.items()).toHaveLength(2)
  })

  test('is not shown', async () => {
    const table = new MemoryTable(upsert)
    await table.write([output({ k: 'a', n: 1 }, '1')])
    expect(Object.keys(table.items()[0] ?? {})).toEqual(['k', 'n'])
  })
})

test('with append each output is an item, once', async () => {
  const table = new MemoryTable({ ...upsert, key: ['k', 'id'], mode: 'append' })
  const [first, second] = [output({ k: 'a' }, '1', 0), output({ k: 'a' }, '1', 1)]
  await table.write([first, second])
  await table.write([second, first])
  expect(table.items()).toEqual([
    { k: 'a', id: first.id },
    { k: 'a', id: second.id },
  ])
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
