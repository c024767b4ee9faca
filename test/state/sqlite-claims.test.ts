import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import type { Claim } from '../../lib/core/claim-store.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { SqliteClaimStore } from '../../lib/state/sqlite-claims.ts'
import { claimStoreContract } from './claim-store-contract.ts'

const claim: Claim = { key: 'k', owner: 'one', state: 'done', until: 0, expires: 50, redrive: '' }

describe('A claim store in SQLite', () => {
  claimStoreContract(() => new SqliteClaimStore(openDatabase(':memory:')))

  test('is seen by all who open the file, and survives them', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'claims-'))
    onTestFinished(() => rmSync(folder, { recursive: true }))
    const one = openDatabase(join(folder, 'db'))
    await new SqliteClaimStore(one).put(claim, 1)
    one.close()
    const two = openDatabase(join(folder, 'db'))
    expect(await new SqliteClaimStore(two).put({ ...claim, owner: 'two' }, 2)).toEqual(claim)
    two.close()
  })

  test('does not grow with claims that have expired', async () => {
    const database = openDatabase(':memory:')
    const store = new SqliteClaimStore(database)
    for (let now = 0; now < 100; now++) await store.put({ ...claim, key: `k${now}`, expires: now + 10 }, now)
    expect(database.prepare('SELECT count(*) AS n FROM claims').get()).toEqual({ n: 10 })
  })
})
