import { expect, test } from 'vitest'
import { SqliteStateStore } from '../../lib/state/sqlite-store.ts'
import { inMemory, onFile } from '../support/state-databases.ts'
import { stateStoreContract } from './store-contract.ts'

const make = (database: ConstructorParameters<typeof SqliteStateStore>[0]) => new SqliteStateStore(database)

stateStoreContract('SqliteStateStore on a file', onFile(make))
stateStoreContract('SqliteStateStore in memory', inMemory(make))

test('a log outlives its connection', async () => {
  const { store, again, close } = await onFile(make)()
  await store.append('task', { version: 0, nonce: 'n', body: Buffer.from([0, 1, 255]) }, 4)
  const { entries } = await (await again()).load('task')
  expect(entries.map(({ version, nonce, body }) => [version, nonce, [...body]])).toEqual([
    [0, 'n', [0, 1, 255]],
  ])
  await close()
})
