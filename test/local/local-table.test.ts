import { expect, it } from 'vitest'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalTable, localItems } from '../../lib/local/local-table.ts'
import { sinkTableContract } from '../connectors/dynamodb/table-contract.ts'

sinkTableContract('A table in SQLite', async (each) => {
  const database = openDatabase(':memory:')
  return {
    writer: new LocalTable(database, each),
    items: async () => Array.from(localItems(database, each.table), (item) => JSON.parse(item)),
  }
})

const target: DynamoDBTarget = { type: 'dynamodb', table: 'counts', key: ['page', 'hour'], mode: 'upsert' }

const output = (sequenceNumber: string, payload: object, output = 0): SinkRecord => ({
  order: { generation: 1, epoch: 0, sequenceNumber, subSequence: 0, tick: 0, output },
  id: `task:${sequenceNumber}.${output}`,
  payload,
})

it('items come by key: numbers by value, texts by code', async () => {
  const database = openDatabase(':memory:')
  await new LocalTable(database, target).write([
    output('1', { page: 'b', hour: 1 }),
    output('2', { page: 'a', hour: 10 }),
    output('3', { page: 'a', hour: 9.5 }),
    output('4', { page: 'B', hour: 1 }),
  ])
  const keys = Array.from(localItems(database, 'counts'), (item) => Object.values(JSON.parse(item)))
  expect(keys).toEqual([
    ['B', 1],
    ['a', 9.5],
    ['a', 10],
    ['b', 1],
  ])
})

it('appended outputs are items of their own, and the same again is the same item', async () => {
  const database = openDatabase(':memory:')
  const table = new LocalTable(database, { ...target, table: 'log', key: ['page', 'id'], mode: 'append' })
  await table.write([output('1', { page: 'a' }), output('1', { page: 'a' }, 1)])
  await table.write([output('1', { page: 'a' })])
  expect([...localItems(database, 'log')]).toEqual([
    '{"page":"a","id":"task:1.0"}',
    '{"page":"a","id":"task:1.1"}',
  ])
})

it('what JSON has no form for is shown as text and lists', async () => {
  const database = openDatabase(':memory:')
  await new LocalTable(database, { ...target, key: ['page'] }).write([
    output('1', { page: 'a', big: 2n ** 70n, bytes: Uint8Array.of(1, 2), set: new Set([1]) }),
  ])
  expect([...localItems(database, 'counts')]).toEqual([
    '{"page":"a","big":"1180591620717411303424","bytes":"AQI=","set":[1]}',
  ])
})
