import { describe, expect, test } from 'vitest'
import { StateFormatError, TornLoadError } from '../../lib/core/errors.ts'
import { isRetryable } from '../../lib/core/retryable.ts'
import { loadLog } from '../../lib/state/load-log.ts'
import type { StateStore, StoredEntry, TaskItems } from '../../lib/state/store.ts'
import { draft, Kept, keptIn, logOn, memoryStores, noise, type Stores, TASK } from '../support/state-log.ts'

/** A log of `commits` entries, each with a value of `bytes` of its own. */
async function logOf(commits: number, bytes = 10, maxEntryBytes?: number) {
  const stores = memoryStores(maxEntryBytes)
  const kept = new Kept()
  const log = logOn(stores)
  const commit = async (n: number): Promise<void> => {
    kept.table.begin(false)
    kept.set(`k${n % 6}`, noise(bytes, n))
    await log.commit(draft(`${n}`), kept)
  }
  for (let n = 0; n < commits; n++) await commit(n)
  return { ...stores, kept, commit }
}

/** A store whose loads answer as told, the last one from then on. */
const loading = (store: StateStore, ...loads: (() => Promise<TaskItems>)[]) => {
  let calls = 0
  const load = () => (loads[Math.min(calls++, loads.length - 1)] ?? (() => store.load(TASK)))()
  return {
    load: Object.assign(load, { calls: () => calls }),
    store: Object.assign(Object.create(store), { load }) as StateStore,
  }
}

const without = (items: TaskItems, ...versions: readonly number[]): TaskItems => ({
  ...items,
  entries: items.entries.filter(({ version }) => !versions.includes(version)),
})

const load = ({ store, blobs }: Stores) => loadLog(store, blobs, TASK)

test('nothing was ever committed', async () => {
  expect(await load(memoryStores())).toBeUndefined()
})

test.each([1, 2, 3, 4, 5, 8, 9, 30])('after %i commits the state is that of all of them', async (commits) => {
  const { kept, ...stores } = await logOf(commits)
  const loaded = await load(stores)
  expect(loaded?.version).toBe(commits - 1)
  expect(keptIn(loaded).contents()).toEqual(kept.contents())
})

test('the order in which the store gives the entries does not matter', async () => {
  const { kept, store, blobs } = await logOf(10)
  const items = await store.load(TASK)
  const reversed = async () => ({ ...items, entries: items.entries.toReversed() })
  expect(keptIn(await load({ store: loading(store, reversed).store, blobs })).contents()).toEqual(
    kept.contents(),
  )
})

describe('A torn reading', () => {
  test('with a gap is read again', async () => {
    const { kept, store, blobs } = await logOf(4)
    const items = await store.load(TASK)
    // Entry 2 holds the snapshot that the head, entry 3, points at.
    const torn = async () => without(items, 2)
    const whole = () => store.load(TASK)
    const faulty = loading(store, torn, torn, whole)
    expect(keptIn(await load({ store: faulty.store, blobs })).contents()).toEqual(kept.contents())
    expect(faulty.load.calls()).toBe(3)
  })

  test('whose head was not yet there is the log as it was before', async () => {
    const { store, blobs } = await logOf(6)
    const items = await store.load(TASK)
    const older = await load({ store: loading(store, async () => without(items, 5)).store, blobs })
    expect(older).toMatchObject({ version: 4, entry: { sequenceNumber: '4' } })
  })

  test('in which a newer entry went over the one that holds the snapshot is read again', async () => {
    const { store, blobs, commit, kept } = await logOf(4)
    const slots = async (): Promise<Map<number, StoredEntry>> =>
      new Map((await store.load(TASK)).entries.map((entry) => [entry.version % 4, entry]))
    const before = await slots()
    for (let n = 4; n < 11; n++) await commit(n)
    const after = await slots()
    // Slot by slot, with the writes in between.
    for (let cut = 1; cut < 4; cut++) {
      const mixed = [0, 1, 2, 3].flatMap((slot) => (slot < cut ? before : after).get(slot) ?? [])
      const faulty = loading(
        store,
        async () => ({ entries: mixed, delivered: undefined }),
        () => store.load(TASK),
      )
      expect(keptIn(await load({ store: faulty.store, blobs })).contents()).toEqual(kept.contents())
      expect(faulty.load.calls()).toBe(2)
    }
  })

  test('whose snapshot was swept meanwhile is read again', async () => {
    const { kept, store, blobs } = await logOf(9, 6_000)
    let gets = 0
    const get = blobs.get.bind(blobs)
    blobs.get = async (name) => (gets++ === 0 ? undefined : get(name))
    expect(keptIn(await load({ store, blobs })).contents()).toEqual(kept.contents())
    expect(gets).toBeGreaterThan(1)
  })

  test.each(['snapshot', 'state', 'outbox'] as const)(
    'that stays torn, for want of a blob of kind %s, is told in the end',
    async (kind) => {
      const { store, blobs } = memoryStores(kind === 'snapshot' ? undefined : 600)
      const kept = new Kept()
      const log = logOn({ store, blobs })
      for (let n = 0; n < 4; n++) {
        kept.table.begin(false)
        kept.set(`k${n}`, noise(12_000, n))
        const outbox = {
          sinks: ['out'],
          causes: [],
          records: [{ sink: 0, cause: 0, output: 0, payload: noise(900, n) }],
        }
        await log.commit(draft(`${n}`, { outbox }), kept)
      }
      const names = (await blobs.list(TASK)).filter((name) => name.includes(`-${kind}-`))
      expect(names.length).toBeGreaterThan(0)
      await blobs.delete(names)
      await expect(load({ store, blobs })).rejects.toBeInstanceOf(TornLoadError)
    },
  )
})

test('a log that is never whole is told after 20 readings, as an error that a retry may cure', async () => {
  const { store, blobs } = await logOf(4)
  const items = await store.load(TASK)
  const faulty = loading(store, async () => without(items, 2))
  const error = await load({ store: faulty.store, blobs }).catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(TornLoadError)
  expect(error).toMatchObject({
    message: `the log of '${TASK}' is not whole after 20 readings: an entry or a snapshot is missing; if nothing else writes to it, a part of the state was deleted`,
  })
  expect(isRetryable(error)).toBe(true)
  expect(faulty.load.calls()).toBe(20)
})

test('an entry of another format is no torn reading', async () => {
  const { store, blobs } = memoryStores()
  await store.append(TASK, { version: 0, nonce: 'n', body: Buffer.of(9, 9, 9) }, 4)
  await expect(load({ store, blobs })).rejects.toBeInstanceOf(StateFormatError)
})

test.each([
  [undefined, false],
  [7, false],
  [8, true],
  [9, true],
])('with the mark at %s the outbox of head 8 is delivered: %s', async (mark, delivered) => {
  const { store, blobs } = await logOf(9)
  if (mark !== undefined) await store.markDelivered(TASK, mark)
  expect(await load({ store, blobs })).toMatchObject({ version: 8, delivered })
})
