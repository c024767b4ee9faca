import { describe, expect, test } from 'vitest'
import type { SnapshotPointer } from '../../lib/state/entry.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { snapshotDue, takeSnapshot } from '../../lib/state/snapshot.ts'
import { Kept, noise } from '../support/state-log.ts'

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
    const taken = await takeSnapshot(9, 'blob', undefined, kept, { blobs, ringSize: 64 })
    expect(taken).toEqual({ pointer: { version: 9, parts: [] }, state: kept.everything() })
    expect(await blobs.list('')).toEqual([])
  })

  test('of a large state is a blob', async () => {
    const blobs = new MemoryBlobStore()
    const taken = await takeSnapshot(9, 'blob', undefined, keptOf(5, 3_000), { blobs, ringSize: 64 })
    const bytes = (await blobs.get('blob'))?.length
    expect(bytes).toBeGreaterThan(8_192)
    expect(taken).toEqual({
      pointer: {
        version: 9,
        parts: [{ name: 'blob', bytes }],
        budget: { bytes: 0, due: 1.25 * (bytes ?? 0) },
      },
      state: [],
    })
  })

  /** What is taken over parts of so many bytes, after a change of a small part of 15,000 bytes. */
  async function takenOver(last: SnapshotPointer, blobs = new MemoryBlobStore()) {
    const kept = keptOf(5, 3_000)
    kept.changes()
    kept.snapshotTaken()
    kept.table.begin(false)
    kept.set('k0', noise(500, 9))
    kept.changes()
    const { pointer } = await takeSnapshot(9, 'new', last, kept, { blobs, ringSize: 64 })
    return { pointer, names: pointer.parts.map(({ name }) => name), written: await blobs.list('') }
  }

  test('over a large one is a segment, which adds to the budget', async () => {
    const last = pointer(20_000, 1_000)
    const { pointer: taken } = await takenOver({ ...last, budget: { bytes: 2_000, due: 25_000 } })
    const { bytes = 0 } = taken.parts.at(-1) ?? {}
    expect(bytes).toBeLessThan(1_000)
    expect(taken.parts).toEqual([...last.parts, { name: 'new', bytes }])
    expect(taken.budget).toEqual({ bytes: 2_000 + bytes * (1 - 2 / 63), due: 25_000 })
  })

  test('is whole again once the budget pays for it', async () => {
    const { pointer: taken } = await takenOver({
      ...pointer(20_000, 15_000),
      budget: { bytes: 25_000, due: 25_000 },
    })
    expect(taken.parts.map(({ name }) => name)).toEqual(['new'])
    expect(taken.budget?.bytes).toBe(0)
  })

  test('waits for a larger budget if the state has grown a little', async () => {
    const last = { ...pointer(6_000, 5_000, 5_000), budget: { bytes: 7_500, due: 7_000 } }
    const { pointer: taken, names } = await takenOver(last)
    expect(names).toEqual(['part-0', 'part-1', 'part-2', 'new'])
    expect(taken.budget?.bytes).toBeGreaterThan(7_500)
    expect(taken.budget?.due).toBeGreaterThan(10_000)
  })

  describe('of a state that has grown by much', () => {
    const last = { ...pointer(2_000, 1_000, 900, 800), budget: { bytes: 2_000, due: 2_000 } }

    test('makes one part of the segments that the budget pays for', async () => {
      const blobs = new MemoryBlobStore()
      for (const { name, bytes } of last.parts) await blobs.put(name, Buffer.alloc(bytes))
      const { pointer: taken, names, written } = await takenOver(last, blobs)
      expect(names).toEqual(['part-0', 'new-bundle', 'part-3', 'new'])
      expect(taken.parts[1]).toEqual({ name: 'new-bundle', bytes: 1_908, bundle: true })
      expect((await blobs.get('new-bundle'))?.length).toBe(1_908)
      expect(written).toContain('new')
      expect(taken.budget?.bytes).toBeLessThan(1_000)
    })

    test('is a segment where others have swept the parts', async () => {
      const { names, written } = await takenOver(last)
      expect(names).toEqual(['part-0', 'part-1', 'part-2', 'part-3', 'new'])
      expect(written).toEqual(['new'])
    })
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
