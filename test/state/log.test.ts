import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { decodeEntry, isBlobReference } from '../../lib/state/entry.ts'
import { loadLog } from '../../lib/state/load-log.ts'
import type { AppendResult, StateStore, StoredEntry } from '../../lib/state/store.ts'
import { draft, Kept, keptIn, logOn, memoryStores, noise, TASK } from '../support/state-log.ts'

const outbox = (payload: unknown) => ({
  sinks: ['out', 'dead-letters'],
  causes: [['1', 0] as const],
  records: [{ sink: 0, cause: 0, output: 0, payload }],
})

/** A store whose appends end as told, one after the other. */
function appending(
  store: StateStore,
  ...ways: ((append: () => Promise<AppendResult>) => Promise<AppendResult>)[]
): StateStore & { appends: number } {
  const wrapped = {
    maxEntryBytes: store.maxEntryBytes,
    openPipeline: store.openPipeline.bind(store),
    replacePipeline: store.replacePipeline.bind(store),
    load: store.load.bind(store),
    markDelivered: store.markDelivered.bind(store),
    isIdle: store.isIdle.bind(store),
    noteAttempt: store.noteAttempt.bind(store),
    appends: 0,
    append: (task: string, entry: StoredEntry, ringSize: number): Promise<AppendResult> => {
      const way = ways[wrapped.appends++]
      const append = () => store.append(task, entry, ringSize)
      return way === undefined ? append() : way(append)
    },
  }
  return wrapped
}

const noAnswerBefore = async (): Promise<never> => {
  throw new RetryableError('no answer')
}
const noAnswerAfter = async (append: () => Promise<AppendResult>): Promise<never> => {
  await append()
  throw new RetryableError('no answer')
}
const noHolder = async (append: () => Promise<AppendResult>): Promise<AppendResult> => {
  const { committed } = await append()
  return { committed } as AppendResult
}

describe('A commit', () => {
  test('is what the next load finds', async () => {
    const stores = memoryStores()
    const kept = new Kept()
    kept.table.begin(false)
    kept.set('a', 'one')
    const log = logOn(stores)
    expect(log.version).toBe(-1)
    expect(await log.commit(draft('77', { outbox: outbox('x') }), kept)).toBe(true)
    expect(log.version).toBe(0)
    const loaded = await logOn(stores).load()
    expect(loaded).toMatchObject({ version: 0, delivered: false, outbox: outbox('x') })
    expect(loaded?.entry).toMatchObject({
      sequenceNumber: '77',
      watermark: 5,
      counters: { source: { passed: 1 } },
    })
    expect(keptIn(loaded).contents()).toEqual({ '0/a': 'one' })
  })

  test('fails, and changes nothing, when another one has committed first', async () => {
    const stores = memoryStores()
    const [mine, other] = [logOn(stores), logOn(stores)]
    await other.commit(draft('1'), new Kept())
    expect(await mine.commit(draft('2'), new Kept())).toBe(false)
    expect(mine.version).toBe(-1)
    expect((await mine.load())?.entry.sequenceNumber).toBe('1')
    expect(await mine.commit(draft('2'), new Kept())).toBe(true)
  })

  test.each([1, 3, 4, 5, 8, 9])(
    'is fenced %i entries after it was overtaken, ring wraps included',
    async (ahead) => {
      const stores = memoryStores()
      const [mine, other] = [logOn(stores), logOn(stores)]
      for (let n = 0; n < ahead; n++) await other.commit(draft(`${n}`), new Kept())
      expect(await mine.commit(draft('99'), new Kept())).toBe(false)
    },
  )

  test.each([
    ['was not written', noAnswerBefore, 2],
    ['was written', noAnswerAfter, 2],
  ])('whose answer is lost, and that %s, is tried again and taken for its own', async (_, way, appends) => {
    const { store, blobs } = memoryStores()
    const faulty = appending(store, way)
    const log = logOn({ store: faulty, blobs })
    expect(await log.commit(draft('1'), new Kept())).toBe(true)
    expect(faulty.appends).toBe(appends)
    expect((await store.load(TASK)).entries).toHaveLength(1)
    expect(await log.commit(draft('2'), new Kept())).toBe(true)
  })

  test('whose answer is lost is told from another one’s by its nonce', async () => {
    const { store, blobs } = memoryStores()
    const faulty = appending(store, async () => {
      await logOn({ store, blobs }).commit(draft('other'), new Kept())
      throw new RetryableError('no answer')
    })
    expect(await logOn({ store: faulty, blobs }).commit(draft('mine'), new Kept())).toBe(false)
  })

  test('looks for the holder itself where the store does not tell it', async () => {
    const { store, blobs } = memoryStores()
    const mine = logOn({ store: appending(store, noAnswerAfter, noHolder), blobs })
    expect(await mine.commit(draft('1'), new Kept())).toBe(true)
    const late = logOn({ store: appending(store, noHolder), blobs })
    expect(await late.commit(draft('2'), new Kept())).toBe(false)
  })

  test('whose answer was lost, and over which the ring has gone since, counts as another’s', async () => {
    const { store, blobs } = memoryStores()
    const faulty = appending(store, async (append) => {
      await append()
      const other = logOn({ store, blobs })
      await other.load()
      for (let n = 0; n < 4; n++) await other.commit(draft(`${n}`), new Kept())
      throw new RetryableError('no answer')
    })
    expect(await logOn({ store: faulty, blobs }).commit(draft('mine'), new Kept())).toBe(false)
  })

  test('that the store does not take after three attempts is left to the next delivery', async () => {
    const { store, blobs } = memoryStores()
    const faulty = appending(store, noAnswerBefore, noAnswerBefore, noAnswerAfter)
    const log = logOn({ store: faulty, blobs })
    const commit = log.commit(draft('1'), new Kept())
    await expect(commit).rejects.toThrow(
      `the state store did not take entry 0 of '${TASK}' in 3 attempts: RetryableError: no answer`,
    )
    await expect(commit).rejects.toBeInstanceOf(RetryableError)
    // It was written all the same: whoever loads goes on from there.
    expect((await log.load())?.entry.sequenceNumber).toBe('1')
  })

  test('that no retry can cure is not tried again', async () => {
    const { store, blobs } = memoryStores()
    const broken = appending(store, async () => {
      throw new Error('access denied')
    })
    await expect(logOn({ store: broken, blobs }).commit(draft('1'), new Kept())).rejects.toThrow(
      'access denied',
    )
    expect(broken.appends).toBe(1)
  })
})

describe('What is too large for an entry', () => {
  const entryOf = async (store: StateStore, version: number) => {
    const { entries } = await store.load(TASK)
    const body = entries.find((each) => each.version === version)?.body
    if (body === undefined) throw new Error('no entry')
    return { entry: decodeEntry(body), bytes: body.length }
  }

  test.each([
    ['an outbox', 100, 3_000, { outbox: true, state: false }],
    ['state and outbox', 3_000, 3_000, { outbox: true, state: true }],
    ['state', 3_000, 100, { outbox: false, state: true }],
    ['nothing', 100, 100, { outbox: false, state: false }],
  ])('goes into blobs: %s', async (_, stateBytes, outboxBytes, inBlobs) => {
    const stores = memoryStores(1_500)
    const kept = new Kept()
    kept.table.begin(false)
    kept.set('a', noise(stateBytes, 1))
    const payload = noise(outboxBytes, 2)
    await logOn(stores).commit(draft('1', { outbox: outbox(payload) }), kept)
    const { entry, bytes } = await entryOf(stores.store, 0)
    expect(bytes).toBeLessThanOrEqual(1_500)
    expect({ outbox: isBlobReference(entry.outbox), state: isBlobReference(entry.state) }).toEqual(inBlobs)
    const loaded = await logOn(stores).load()
    expect(loaded?.outbox).toEqual(outbox(payload))
    expect(keptIn(loaded).contents()).toEqual(kept.contents())
  })
})

describe('The mark of a delivered outbox', () => {
  test('holds for the head alone', async () => {
    const stores = memoryStores()
    const log = logOn(stores)
    await log.commit(draft('1'), new Kept())
    await log.markDelivered()
    expect((await log.load())?.delivered).toBe(true)
    await log.commit(draft('2'), new Kept())
    expect((await log.load())?.delivered).toBe(false)
  })
})

test('an attempt is kept before the first commit and after it', async () => {
  const stores = memoryStores()
  const log = logOn(stores)
  const attempt = { sequenceNumber: '', attempts: 1, limit: 3, running: true }
  await log.load()
  expect(log.attempt).toBeUndefined()
  await log.noteAttempt(attempt)
  const next = logOn(stores)
  await next.load()
  expect(next.attempt).toEqual(attempt)
  await next.commit(draft('1'), new Kept())
  await next.noteAttempt({ ...attempt, running: false })
  await log.load()
  expect(log.attempt).toEqual({ ...attempt, running: false })
})

const sizes = fc.array(
  fc.record({
    changes: fc.array(
      fc.record({
        namespace: fc.integer({ min: 0, max: 3 }),
        key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
        bytes: fc.constantFrom(0, 10, 500, 3_000, 12_000),
      }),
      { maxLength: 4 },
    ),
    outboxBytes: fc.constantFrom(0, 10, 3_000),
    drop: fc.option(fc.integer({ min: 0, max: 3 })),
    cold: fc.boolean(),
    orphan: fc.boolean(),
  }),
  { minLength: 1, maxLength: 40 },
)

test('over many commits of random sizes a load always finds the live state, and only orphans are swept', async () => {
  await fc.assert(
    fc.asyncProperty(
      sizes,
      fc.integer({ min: 2, max: 6 }),
      fc.constantFrom(390_000, 1_000),
      async (commits, ringSize, maxEntryBytes) => {
        const stores = memoryStores(maxEntryBytes)
        let log = logOn(stores, { ringSize })
        let kept = new Kept()
        // A namespace that the watermark has passed is dropped at each load, as a window operator does.
        const over = new Set<number>()
        let seed = 0
        for (const { changes, outboxBytes, drop, cold, orphan } of commits) {
          const version = log.version + 1
          const name = (of: number, kind: string) => `${TASK}/${String(of).padStart(12, '0')}-${kind}-orphan`
          const future = [
            name(version + 1, 'snapshot'),
            name(version + 1, 'state'),
            name(version + 1, 'outbox'),
          ]
          for (const each of future) await stores.blobs.put(each, Buffer.of(1))
          if (orphan) await stores.blobs.put(name(version, 'snapshot'), Buffer.of(1))
          kept.table.begin(false)
          for (const { namespace, key, bytes } of changes) {
            if (!over.has(namespace)) kept.set(key, noise(bytes, seed++), namespace)
          }
          if (drop !== null) {
            kept.table.drop(drop)
            over.add(drop)
          }
          const records = outbox(noise(outboxBytes, seed++))
          expect(await log.commit(draft(`${version}`, { outbox: records }), kept)).toBe(true)
          expect(await stores.blobs.list(TASK)).toEqual(expect.arrayContaining(future))
          const loaded = await loadLog(stores.store, stores.blobs, TASK)
          expect(loaded).toMatchObject({ version, outbox: records })
          const revived = keptIn(loaded)
          for (const each of over) revived.table.drop(each)
          expect(revived.contents()).toEqual(kept.contents())
          await stores.blobs.delete(future)
          if (cold) {
            log = logOn(stores, { ringSize })
            const again = await log.load()
            expect(await stores.blobs.get(name(version, 'snapshot'))).toBeUndefined()
            kept = new Kept()
            for (const state of again?.snapshot ?? []) for (const [, cells] of state) kept.table.revive(cells)
            kept.snapshotTaken()
            for (const state of again?.changes ?? []) for (const [, cells] of state) kept.table.revive(cells)
            for (const each of over) kept.table.drop(each)
          }
        }
        // What is left is what is pointed at, and what the ring may still hold.
        const names = await stores.blobs.list(`${TASK}/`)
        const head = await loadLog(stores.store, stores.blobs, TASK)
        const live = head?.entry.snapshot?.parts.map(({ name }) => name) ?? []
        await logOn(stores, { ringSize }).load()
        const left = await stores.blobs.list(`${TASK}/`)
        expect(left).toEqual(expect.arrayContaining(live))
        for (const name of left) {
          const version = Number(name.slice(TASK.length + 1).split('-')[0])
          expect(live.includes(name) || version > log.version - ringSize).toBe(true)
        }
        expect(names).toEqual(expect.arrayContaining([...left]))
      },
    ),
    { numRuns: 300 },
  )
}, 60_000)
