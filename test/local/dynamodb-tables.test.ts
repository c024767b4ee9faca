import { expect, test } from 'vitest'
import { createTable, deleteTable, tableStatus } from '../../lib/local/dynamodb-tables.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'

const server = dynamodbServer()

test('a table is there once it is made, and gone once it is deleted', async () => {
  const name = `made-${process.pid}`
  expect(await tableStatus(server.client, name)).toBeUndefined()
  await createTable(server.client, name, { k: 'S', l: 'N' })
  const { Table } = await server.client.describeTable({ TableName: name })
  expect(Table?.KeySchema).toEqual([
    { AttributeName: 'k', KeyType: 'HASH' },
    { AttributeName: 'l', KeyType: 'RANGE' },
  ])
  await deleteTable(server.client, name)
  expect(await tableStatus(server.client, name)).toBeUndefined()
})

test('one that is there keeps its items when it is made, and one that is not may be deleted', async () => {
  const name = await server.table({ k: 'S' })
  await server.client.putItem({ TableName: name, Item: { k: { S: 'a' } } })
  await createTable(server.client, name, { k: 'S' })
  expect((await server.client.scan({ TableName: name })).Count).toBe(1)
  await deleteTable(server.client, 'never-made')
})
