import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { inParallel } from '../../lib/core/in-parallel.ts'
import type { BlobStore, PipelineMeta, StateStore, StoredEntry } from '../../lib/state/store.ts'

/** A store for one test; `again` opens another connection to the same data, where there is such a thing. */
export interface Opened<Store> {
  readonly store: Store
  readonly again?: () => Promise<Store>
  close(): Promise<void>
}

const M = 4

const entry = (
  version: number,
  nonce = `nonce-${version}`,
  body = `body ${version} ${nonce}`,
): StoredEntry => ({
  version,
  nonce,
  body: Buffer.from(body),
})

const plainEntry = ({ version, nonce, body }: StoredEntry) => ({
  version,
  nonce,
  body: Buffer.from(body).toString('base64'),
})

const byVersion = (a: StoredEntry, b: StoredEntry): number => a.version - b.version

/** What every state store owes to the logs (protocol R1, R2, R7, R17). */
export function stateStoreContract(name: string, open: () => Promise<Opened<StateStore>>): void {
  describe(`${name} as a state store`, () => {
    let opened: Opened<StateStore>
    let store: StateStore

    beforeEach(async () => {
      opened = await open()
      store = opened.store
    })
    afterEach(() => opened.close())

    const entries = async (task = 'task', from = store) =>
      [...(await from.load(task)).entries].sort(byVersion).map(plainEntry)

    async function fill(upTo: number, task = 'task'): Promise<void> {
      for (let version = 0; version <= upTo; version++) {
        expect(await store.append(task, entry(version), M)).toMatchObject({ committed: true })
      }
    }

    test('holds nothing of a task that it has never seen', async () => {
      expect(await store.load('task')).toMatchObject({ entries: [] })
      expect((await store.load('task')).delivered).toBeUndefined()
      expect((await store.load('task')).attempt).toBeUndefined()
    })

    test('takes entry after entry and keeps the newest of each slot', async () => {
      await fill(9)
      expect(await entries()).toEqual([6, 7, 8, 9].map((version) => plainEntry(entry(version))))
    })

    test('keeps the rings of tasks apart, even if one name begins with the other', async () => {
      await fill(1, 'task')
      await fill(0, 'task/1')
      await fill(2, 'Task')
      expect((await entries('task')).map(({ version }) => version)).toEqual([0, 1])
      expect((await entries('task/1')).map(({ version }) => version)).toEqual([0])
      expect((await entries('Task')).map(({ version }) => version)).toEqual([0, 1, 2])
    })

    test.each([
      ['the version that is the head', 5],
      ['a version that the ring still holds', 3],
      ['a version that the ring has gone over', 1],
      ['the first version', 0],
    ])('refuses %s, tells who holds the slot, and changes nothing', async (_, version) => {
      await fill(5)
      const before = await entries()
      const { committed, ...rest } = await store.append('task', entry(version, 'zombie'), M)
      expect(committed).toBe(false)
      const holder = 'holder' in rest ? rest.holder : undefined
      const inSlot = version % M <= 1 ? (version % M) + M : version % M
      // A store may leave it to the log to look.
      if (holder !== undefined) {
        expect({ version: holder.version, nonce: holder.nonce }).toEqual({
          version: inSlot,
          nonce: `nonce-${inSlot}`,
        })
      }
      expect(await entries()).toEqual(before)
    })

    test('refuses an entry whose predecessor in the slot is missing', async () => {
      await fill(2)
      expect(await store.append('task', entry(M + 3), M)).toMatchObject({ committed: false })
      expect(await store.append('task', entry(2 * M + 1), M)).toMatchObject({ committed: false })
      expect((await entries()).map(({ version }) => version)).toEqual([0, 1, 2])
    })

    test('refuses the same entry a second time, and names it as the holder', async () => {
      await fill(4)
      const again = await store.append('task', entry(4), M)
      expect(again.committed).toBe(false)
      if (!again.committed && again.holder !== undefined) expect(again.holder.nonce).toBe('nonce-4')
    })

    test('lets exactly one of many win that append a version at the same time', async () => {
      for (let version = 0; version < 2 * M; version++) {
        const results = await Promise.all(
          Array.from({ length: 8 }, (_, n) => store.append('task', entry(version, `${version}-${n}`), M)),
        )
        expect(results.filter(({ committed }) => committed)).toHaveLength(1)
        const winner = results.findIndex(({ committed }) => committed)
        const held = (await entries()).find((each) => each.version === version)
        expect(held).toEqual(plainEntry(entry(version, `${version}-${winner}`)))
      }
    })

    test('works with a ring of one slot', async () => {
      for (const version of [0, 1, 2]) {
        expect(await store.append('task', entry(version), 1)).toMatchObject({ committed: true })
        expect(await entries()).toEqual([plainEntry(entry(version))])
      }
      expect(await store.append('task', entry(2), 1)).toMatchObject({ committed: false })
    })

    test('gives bodies back byte for byte, up to the largest', async () => {
      const { maxEntryBytes } = store
      const sizes = [1, 2, 255, 256, 4_095, 65_536, maxEntryBytes - 1, maxEntryBytes]
      for (const [version, size] of sizes.entries()) {
        const body = randomBytes(size)
        body[0] = version === 0 ? 0 : 0xff
        await store.append('task', { version, nonce: 'n', body }, 64)
        const held = (await store.load('task')).entries.find((each) => each.version === version)
        expect(Buffer.compare(held?.body ?? Buffer.alloc(0), body)).toBe(0)
      }
    })

    test('loads many large entries at once', async () => {
      const body = randomBytes(200_000)
      for (let version = 0; version < 12; version++) {
        await store.append('task', { version, nonce: `n${version}`, body }, 16)
      }
      const { entries: all } = await store.load('task')
      expect(all).toHaveLength(12)
      expect(all.every((each) => Buffer.compare(each.body, body) === 0)).toBe(true)
    })

    test('moves the delivered mark on, never back', async () => {
      await fill(0)
      for (const [mark, expected] of [
        [3, 3],
        [1, 3],
        [3, 3],
        [12, 12],
        [9, 12],
      ] as const) {
        await store.markDelivered('task', mark)
        expect((await store.load('task')).delivered).toBe(expected)
      }
      expect((await store.load('other')).delivered).toBeUndefined()
    })

    test('keeps mark 0 apart from none', async () => {
      await fill(0)
      await store.markDelivered('task', 0)
      expect((await store.load('task')).delivered).toBe(0)
    })

    test('tells of an idle task until there is an entry behind the marked one', async () => {
      expect(await store.isIdle('task', M)).toBe(false)
      await fill(5)
      await store.markDelivered('task', 5)
      expect(await store.isIdle('task', M)).toBe(false)
      await store.markDelivered('task', 5, true)
      expect(await store.isIdle('task', M)).toBe(true)
      expect(await store.isIdle('other', M)).toBe(false)
      expect((await store.load('task')).delivered).toBe(5)
      await store.append('task', entry(6), M)
      expect(await store.isIdle('task', M)).toBe(false)
      await store.markDelivered('task', 5, true)
      expect(await store.isIdle('task', M)).toBe(false)
      await store.markDelivered('task', 6, true)
      expect(await store.isIdle('task', M)).toBe(true)
    })

    test('an older mark of an idle task does not go over a newer one', async () => {
      await fill(1)
      await store.markDelivered('task', 1)
      await store.markDelivered('task', 0, true)
      expect(await store.isIdle('task', M)).toBe(false)
    })

    test('a mark and an attempt are no entries', async () => {
      await store.markDelivered('task', 1)
      await store.noteAttempt('task', { sequenceNumber: '', attempts: 1, limit: 5, running: true })
      expect((await store.load('task')).entries).toEqual([])
    })

    test('keeps the last attempt that was noted', async () => {
      const attempt = { sequenceNumber: '9'.repeat(129), attempts: 2, limit: 10_000, running: true }
      await store.noteAttempt('task', attempt)
      await fill(0)
      expect((await store.load('task')).attempt).toEqual(attempt)
      await store.noteAttempt('task', { ...attempt, running: false })
      expect((await store.load('task')).attempt).toEqual({ ...attempt, running: false })
      expect((await store.load('other')).attempt).toBeUndefined()
    })

    describe('of a pipeline’s meta item', () => {
      const meta: PipelineMeta = {
        generation: 1_700_000_000_000,
        ringSize: 64,
        stage: 'w',
        operators: { w: 'a', x: 'b' },
      }

      test('lets the first win, and tells it to all', async () => {
        const other = { ...meta, generation: 5 }
        expect(await store.openPipeline('p', meta)).toEqual(meta)
        expect(await store.openPipeline('p', other)).toEqual(meta)
        expect(await store.openPipeline('q', other)).toEqual(other)
      })

      test('tells one and the same to all that open at the same time', async () => {
        const metas = Array.from({ length: 8 }, (_, generation) => ({ ...meta, generation }))
        const got = await Promise.all(metas.map((each) => store.openPipeline('p', each)))
        expect(new Set(got.map(({ generation }) => generation)).size).toBe(1)
      })

      test('replaces only what is expected', async () => {
        const known = await store.openPipeline('p', meta)
        const next = { ...meta, operators: { ...meta.operators, y: 'c' } }
        expect(await store.replacePipeline('p', { ...meta, generation: 1 }, next)).toBe(false)
        expect(await store.replacePipeline('unknown', known, next)).toBe(false)
        expect(await store.openPipeline('p', meta)).toEqual(meta)
        expect(await store.replacePipeline('p', known, next)).toBe(true)
        expect(await store.replacePipeline('p', known, next)).toBe(false)
        expect(await store.openPipeline('p', meta)).toEqual(next)
        expect(await store.replacePipeline('p', await store.openPipeline('p', meta), meta)).toBe(true)
      })

      test('lets one win that replace at the same time', async () => {
        const known = await store.openPipeline('p', meta)
        const won = await Promise.all(
          ['c', 'd', 'e'].map((y) => store.replacePipeline('p', known, { ...meta, operators: { y } })),
        )
        expect(won.filter(Boolean)).toHaveLength(1)
      })
    })

    test('two connections see one log', async () => {
      if (opened.again === undefined) return
      const other = await opened.again()
      await fill(2)
      expect(await entries('task', other)).toEqual(await entries('task'))
      expect(await other.append('task', entry(3, 'other'), M)).toMatchObject({ committed: true })
      const lost = await store.append('task', entry(3, 'mine'), M)
      expect(lost.committed).toBe(false)
      expect((await entries()).at(-1)?.nonce).toBe('other')
      await other.markDelivered('task', 3)
      expect((await store.load('task')).delivered).toBe(3)
      const races = await Promise.all([
        store.append('task', entry(4, 'mine'), M),
        other.append('task', entry(4, 'other'), M),
      ])
      expect(races.filter(({ committed }) => committed)).toHaveLength(1)
    })
  })
}

/**
 * What every blob store owes to the logs: names are a task's, a slash, and what the task calls the blob.
 * @param many more names than one request of the store takes
 */
export function blobStoreContract(name: string, open: () => Promise<Opened<BlobStore>>, many = 1_100): void {
  describe(`${name} as a blob store`, () => {
    let opened: Opened<BlobStore>
    let blobs: BlobStore

    beforeEach(async () => {
      opened = await open()
      blobs = opened.store
    })
    afterEach(() => opened.close())

    const list = async (prefix: string) => [...(await blobs.list(prefix))].sort()
    const text = async (name: string) => Buffer.from((await blobs.get(name)) ?? []).toString()

    test('knows nothing of a name that was never put', async () => {
      expect(await blobs.get('p/w/a')).toBeUndefined()
      expect(await list('p/w/')).toEqual([])
    })

    test.each([0, 1, 1_000, 390_000, 390_001, 1_000_000])(
      'gives %i bytes back as they were put',
      async (size) => {
        const bytes = randomBytes(size)
        await blobs.put('p/w/a', bytes)
        const got = await blobs.get('p/w/a')
        expect(got).toHaveLength(size)
        expect(Buffer.compare(got ?? Buffer.alloc(0), bytes)).toBe(0)
      },
    )

    test('puts over what was there, longer or shorter', async () => {
      await blobs.put('p/w/a', randomBytes(800_000))
      await blobs.put('p/w/a', Buffer.from('two'))
      expect(await text('p/w/a')).toBe('two')
      expect(await list('p/w/')).toEqual(['p/w/a'])
    })

    test('lists the names that begin with a task and its slash, and no others', async () => {
      const names = ['p/w/1', 'p/w/2', 'p/w2/1', 'p/w', 'p/W/1', 'p_w/1', 'p/%/1', 'p/é/1', 'p/\u{1F600}/1']
      for (const each of names) await blobs.put(each, Buffer.from(each))
      expect(await list('p/w/')).toEqual(['p/w/1', 'p/w/2'])
      expect(await list('p/w/2')).toEqual(['p/w/2'])
      expect(await list('p/%/')).toEqual(['p/%/1'])
      expect(await list('p/é/')).toEqual(['p/é/1'])
      expect(await list('p_w/')).toEqual(['p_w/1'])
      expect(await list('p/w/3')).toEqual([])
      for (const each of names) expect(await text(each)).toBe(each)
    })

    test('lists and deletes more names than one request takes', async () => {
      const names = Array.from({ length: many }, (_, n) => `p/w/${String(n).padStart(4, '0')}`)
      await inParallel(names, 16, (each) => blobs.put(each, Buffer.from('x')))
      expect(await list('p/w/')).toEqual(names)
      await blobs.delete(names.slice(1))
      expect(await list('p/w/')).toEqual(names.slice(0, 1))
    })

    test('deletes what it is told, and does not mind what is not there', async () => {
      for (const each of ['p/w/a', 'p/w/b', 'p/w/c']) await blobs.put(each, Buffer.from(each))
      await blobs.delete(['p/w/a', 'p/w/missing', 'p/w/c', 'p/w/a'])
      await blobs.delete([])
      expect(await list('p/w/')).toEqual(['p/w/b'])
      expect(await blobs.get('p/w/a')).toBeUndefined()
    })
  })
}
