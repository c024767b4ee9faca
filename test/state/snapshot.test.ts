import { describe, expect, test } from 'vitest'
import type { SnapshotPointer } from '../../lib/state/entry.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { snapshotDue, takeSnapshot } from '../../lib/state/snapshot.ts'
import { draft, Kept, logOn, memoryStores, noise } from '../support/state-log.ts'

/** A table that holds `keys` values of `bytes` that do not compress. */
function keptOf(keys: number, bytes: number): Kept {
  const kept = new Kept()
  kept.table.begin(false)
  for (let n = 0; n < keys; n++) kept.set(`k${n}`, noise(bytes, n))
  return kept
}

const pointer = (...bytes: number[]): SnapshotPointer => ({
  version: 3,
  parts: bytes.map((each, index) => ({ name: `part-${index}`, bytes: each })),
})

describe('A snapshot', () => {
  test('of a small state travels inside its entry', async () => {
    const blobs = new MemoryBlobStore()
    const kept = keptOf(5, 100)
    const taken = await takeSnapshot(9, 'blob', undefined, kept, blobs)
    expect(taken).toEqual({ pointer: { version: 9, parts: [] }, state: kept.everything() })
    expect(await blobs.list('')).toEqual([])
  })

  test('of a large state is a blob', async () => {
    const blobs = new MemoryBlobStore()
    const taken = await takeSnapshot(9, 'blob', undefined, keptOf(5, 3_000), blobs)
    const bytes = (await blobs.get('blob'))?.length
    expect(bytes).toBeGreaterThan(8_192)
    expect(taken).toEqual({
      pointer: { version: 9, parts: [{ name: 'blob', bytes }] },
      state: [],
    })
  })

  test('over a large one is a segment, while the segments are smaller than it', async () => {
    const blobs = new MemoryBlobStore()
    const kept = keptOf(5, 3_000)
    kept.changes()
    kept.snapshotTaken()
    kept.table.begin(false)
    kept.set('k0', noise(500, 9))
    kept.changes()
    const last = pointer(20_000, 1_000)
    const taken = await takeSnapshot(9, 'segment', last, kept, blobs)
    const bytes = (await blobs.get('segment'))?.length
    expect(bytes).toBeLessThan(1_000)
    expect(taken.pointer).toEqual({ version: 9, parts: [...last.parts, { name: 'segment', bytes }] })
  })

  test('is whole again once the segments would be as large as it', async () => {
    const blobs = new MemoryBlobStore()
    const kept = keptOf(5, 3_000)
    kept.changes()
    const taken = await takeSnapshot(9, 'whole', pointer(20_000, 15_000), kept, blobs)
    expect(taken.pointer.parts.map(({ name }) => name)).toEqual(['whole'])
  })
})

test.each([
  [2, 64],
  [3, 4],
  [63, 64],
])('with a ring of %i of %i the snapshot is in the ring as long as it is needed', (_, ringSize) => {
  let last: SnapshotPointer | undefined
  for (let version = 0; version < 5 * ringSize; version++) {
    if (snapshotDue(version, last, ringSize)) last = { version, parts: [] }
    const oldest = Math.max(0, version - ringSize + 1)
    // All above the snapshot, and the entry that holds it.
    expect(last?.version ?? 0).toBeGreaterThanOrEqual(oldest)
  }
})

describe('What snapshots write for each byte that entries wrote', () => {
  async function amplification(commits: number, change: (kept: Kept, n: number) => void): Promise<number> {
    const { store, blobs } = memoryStores()
    let [entries, snapshots, most] = [0, 0, 0]
    const put = blobs.put.bind(blobs)
    blobs.put = (name, bytes) => {
      snapshots += bytes.length
      return put(name, bytes)
    }
    const append = store.append.bind(store)
    store.append = (task, entry, ringSize) => {
      entries += entry.body.length
      return append(task, entry, ringSize)
    }
    const kept = new Kept()
    const log = logOn({ store, blobs }, { ringSize: 8 })
    for (let n = 0; n < commits; n++) {
      kept.table.begin(false)
      change(kept, n)
      await log.commit(draft(`${n}`), kept)
      if (n > commits / 10) most = Math.max(most, snapshots / entries)
    }
    return most
  }

  test('is at most 2 for a large state that stays as large', async () => {
    const steady = await amplification(2_000, (kept, n) => {
      for (let key = 0; key < 3; key++) kept.set(`k${(n * 3 + key) % 100}`, noise(1_000, n * 3 + key))
    })
    expect(steady).toBeGreaterThan(0.5)
    expect(steady).toBeLessThanOrEqual(2)
  })

  test('is at most 3 for a state that only grows', async () => {
    const growing = await amplification(400, (kept, n) => {
      for (let key = 0; key < 5; key++) kept.set(`k${n}-${key}`, noise(1_000, n * 5 + key))
    })
    expect(growing).toBeGreaterThan(2)
    expect(growing).toBeLessThanOrEqual(3)
  })

  test('is less than one where each batch changes the same few cells', async () => {
    const hot = await amplification(1_000, (kept, n) => {
      if (n === 0) for (let key = 0; key < 100; key++) kept.set(`k${key}`, noise(1_000, key))
      kept.set('k0', noise(1_000, n))
    })
    expect(hot).toBeLessThan(1)
  })
})
