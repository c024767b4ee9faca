import { expect, test } from 'vitest'
import type { Claim, ClaimStore } from '../../lib/core/claim-store.ts'

let keys = 0

/** A claim on a key that no other test uses. */
const claimOf = (given: Partial<Claim> = {}): Claim => ({
  key: `orders/charge/${process.pid}-${keys++}`,
  owner: 'one',
  state: 'running',
  until: 2_500,
  expires: 9_999,
  redrive: '',
  ...given,
})

/** What every claim store owes. @param open called once per test */
export function claimStoreContract(open: () => ClaimStore | Promise<ClaimStore>): void {
  test('a claim on a free key is written, and the next one is told of it', async () => {
    const store = await open()
    const claim = claimOf({ redrive: 'letter 7' })
    expect(await store.put(claim, 1_000)).toBeUndefined()
    expect(await store.put({ ...claim, owner: 'two', until: 3_000 }, 1_001)).toEqual(claim)
  })

  test('all that a claim holds comes back, an error too', async () => {
    const store = await open()
    const failure = { name: 'Error', message: 'no “money” left', stack: 'Error: no\n    at' }
    const claim = claimOf({ state: 'failed', failure, redrive: 'a', until: 0.5, expires: 9_999.5 })
    await store.put(claim, 1_000)
    expect(await store.put({ ...claim, owner: 'two' }, 1_000)).toEqual(claim)
  })

  test('of claims made at one time, one is written', async () => {
    const store = await open()
    const claim = claimOf()
    const owners = Array.from({ length: 8 }, (_, index) => `owner ${index}`)
    const holders = await Promise.all(owners.map((owner) => store.put({ ...claim, owner }, 1_000)))
    expect(holders.filter((holder) => holder === undefined)).toHaveLength(1)
    const winner = owners[holders.indexOf(undefined)]
    expect(new Set(holders.flatMap((holder) => holder?.owner ?? []))).toEqual(new Set([winner]))
  })

  test('a claim that comes again, since its answer was lost, counts as written', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    expect(await store.put(claim, 1_000)).toBeUndefined()
  })

  test('a claim that comes again does not undo what its owner has written since', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    await store.put({ ...claim, state: 'done' }, 1_100, 'one')
    await store.put(claim, 1_000)
    expect(await store.put({ ...claim, owner: 'two' }, 1_200)).toMatchObject({ owner: 'one', state: 'done' })
  })

  test('an owner settles its own claim', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    const done = { ...claim, state: 'done', expires: 20_000 } as const
    expect(await store.put(done, 1_500, 'one')).toBeUndefined()
    expect(await store.put({ ...claim, owner: 'two' }, 15_000)).toEqual(done)
  })

  test('a claim is taken over only from the owner that is named', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    expect(await store.put({ ...claim, owner: 'two' }, 3_000, 'one')).toBeUndefined()
    expect(await store.put({ ...claim, owner: 'three' }, 3_000, 'one')).toMatchObject({ owner: 'two' })
  })

  test('the old owner of a claim that was taken over cannot settle it', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    await store.put({ ...claim, owner: 'two' }, 3_000, 'one')
    const late = await store.put({ ...claim, state: 'done' }, 3_100, 'one')
    expect(late).toMatchObject({ owner: 'two', state: 'running' })
  })

  test('an expired claim is absent, to the millisecond, whether it was deleted or not', async () => {
    const store = await open()
    const claim = claimOf({ expires: 4_999, state: 'done' })
    await store.put(claim, 1_000)
    const next = { ...claim, owner: 'two', expires: 30_000 }
    expect(await store.put(next, 4_998)).toEqual(claim)
    expect(await store.put(next, 4_999)).toBeUndefined()
    expect(await store.put({ ...claim, owner: 'three' }, 5_000)).toEqual(next)
  })

  test('a claim on a free key is written even if it names whom it would replace', async () => {
    const store = await open()
    expect(await store.put(claimOf(), 1_000, 'nobody')).toBeUndefined()
  })

  test('a removed claim leaves its key free', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    await store.remove(claim.key, 'one')
    expect(await store.put({ ...claim, owner: 'two' }, 1_001)).toBeUndefined()
  })

  test('a claim is removed only by its owner', async () => {
    const store = await open()
    const claim = claimOf()
    await store.put(claim, 1_000)
    await store.remove(claim.key, 'two')
    expect(await store.put({ ...claim, owner: 'two' }, 1_001)).toEqual(claim)
  })

  test('removing what is not there is no error', async () => {
    const store = await open()
    expect(await store.remove(claimOf().key, 'one')).toBeUndefined()
  })

  test('keys are kept apart, whatever is in them', async () => {
    const store = await open()
    const { key } = claimOf()
    for (const each of [
      `${key}/a`,
      `${key}/A`,
      `${key}/a `,
      `${key}/é`,
      `${key}/\u0000`,
      `${key}/${'x'.repeat(900)}`,
    ]) {
      expect(await store.put(claimOf({ key: each }), 1_000)).toBeUndefined()
    }
  })
}
