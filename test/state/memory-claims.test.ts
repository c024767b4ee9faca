import { describe, expect, test } from 'vitest'
import { MemoryClaimStore } from '../../lib/state/memory-claims.ts'
import { claimStoreContract } from './claim-store-contract.ts'

describe('A claim store in memory', () => {
  claimStoreContract(() => new MemoryClaimStore())

  test('does not grow with claims that have expired', async () => {
    const store = new MemoryClaimStore()
    const claim = { owner: 'one', state: 'done', until: 0, redrive: '' } as const
    for (let now = 0; now < 10_000; now++) {
      await store.put({ ...claim, key: String(now), expires: now + 10 }, now)
    }
    expect(store.size).toBeLessThanOrEqual(1_000)
  })
})
