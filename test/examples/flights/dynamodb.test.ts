import { beforeEach, expect, test } from 'vitest'
import { prepareTables } from '../../../examples/flights/dynamodb.ts'
import { storeOfRun } from '../../../examples/flights/run-settings.ts'
import { dynamodbTables } from '../../../examples/flights/tables.ts'
import { handler } from '../../../functions/airport-delays.ts'
import { ConfigurationError } from '../../../lib/core/errors.ts'
import { deleteTable, openDatabase, STATE_TABLE, tableStatus } from '../../../lib/local/index.ts'
import { dynamodbServer } from '../../support/dynamodb-server.ts'

const server = dynamodbServer()
const functions = [{ file: 'airport-delays.ts', handler }]
const TABLES = [STATE_TABLE, 'airport-delays', 'late-flights']

beforeEach(async () => {
  for (const table of TABLES) await deleteTable(server.client, table)
})

const prepare = (database = openDatabase(':memory:'), records = 0, fresh = false) =>
  prepareTables(server.client, { database, functions, fresh, records })

test('a run that begins gets its tables, and finds them again when it goes on', async () => {
  const database = openDatabase(':memory:')
  await prepare(database)
  for (const table of TABLES) expect(await tableStatus(server.client, table)).toBe('ACTIVE')
  await prepare(database, 0)
  await prepare(database, 1_000)
})

test('a run that has begun is refused where its state is gone', async () => {
  const database = openDatabase(':memory:')
  await prepare(database)
  await deleteTable(server.client, STATE_TABLE)
  await expect(prepare(database, 1_000)).rejects.toThrow('its state is not at this endpoint')
  await expect(prepare(database, 1_000)).rejects.toBeInstanceOf(ConfigurationError)
})

test('a run that begins is refused where another one has its state, and with --fresh takes its place', async () => {
  await prepare()
  await server.client.putItem({ TableName: 'late-flights', Item: { airport: { S: 'a' }, id: { S: '1' } } })
  await expect(prepare()).rejects.toThrow('there is the state of another run')
  await prepare(openDatabase(':memory:'), 0, true)
  expect(await dynamodbTables(server.client).lateFlights()).toBe(0)
})

test('a run keeps to the store that it began with', async () => {
  const database = openDatabase(':memory:')
  expect(storeOfRun(database, 'embedded', 0)).toBe(false)
  expect(storeOfRun(database, 'embedded', 5)).toBe(true)
  expect(() => storeOfRun(database, 'dynamodb', 5)).toThrow(
    "'--store' is 'dynamodb', and this run keeps its state in 'embedded': go on with --store embedded, or start anew with --fresh",
  )
  // Runs from before this was noted.
  expect(() => storeOfRun(openDatabase(':memory:'), 'dynamodb', 5)).toThrow(ConfigurationError)
})

test('airport-hours come by airport, then hour, as numbers', async () => {
  await prepare()
  const item = (airport: string, hour: number) => ({
    airport: { S: airport },
    hour: { N: String(hour) },
    meanDelay: { N: '0.1' },
  })
  for (const [airport, hour] of [
    ['LAX', 2],
    ['ATL', 10],
    ['LAX', 1],
  ] as const) {
    await server.client.putItem({ TableName: 'airport-delays', Item: item(airport, hour) })
  }
  expect(await dynamodbTables(server.client).airportHours()).toEqual([
    { airport: 'ATL', hour: 10, meanDelay: 0.1 },
    { airport: 'LAX', hour: 1, meanDelay: 0.1 },
    { airport: 'LAX', hour: 2, meanDelay: 0.1 },
  ])
})
