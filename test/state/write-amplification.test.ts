import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { encode } from '../../lib/state/binary.ts'
import type { LoadedLog } from '../../lib/state/load-log.ts'
import { draft, Kept, logOn, memoryStores, noise } from '../support/state-log.ts'

/** Changes the state by `CELLS` cells of `bytes` that do not compress; the n-th batch of the run. */
type Change = (kept: Kept, n: number, bytes: number) => void

const CELLS = 4

const setting =
  (keyOf: (n: number, each: number) => string): Change =>
  (kept, n, bytes) => {
    for (let each = 0; each < CELLS; each++) kept.set(keyOf(n, each), noise(bytes, n * CELLS + each))
  }

const grow = setting((n, each) => `k${n}-${each}`)
const churn = setting((n, each) => `k${(n * CELLS + each) % 100}`)
const hot = setting((_, each) => `k${each}`)
/** New cells come, and as many old ones go. */
const turnOver: Change = (kept, n, bytes) => {
  grow(kept, n, bytes)
  const old = [...kept.table.cells(0)].slice(0, CELLS)
  if (kept.table.size > 25 * CELLS) for (const cell of old) kept.table.remove(cell as never)
}
const halfNew: Change = (kept, n, bytes) => (n % 2 === 0 ? grow : churn)(kept, n, bytes)

interface Phase {
  readonly batches: number
  readonly change: Change
}

interface Written {
  /** the most that snapshots had written, times what entries had */
  readonly most: number
  /** the most that parts together held, times the state, or the last whole one if it was larger */
  readonly parts: number
  readonly bundles: number
}

/** Commits batch by batch, by a new process now and then, and expects each load to give the same state. */
async function run(phases: readonly Phase[], bytes: number, ringSize: number): Promise<Written> {
  const { store, blobs } = memoryStores()
  let [entries, snapshots, most, bundles, parts, batch] = [0, 0, 0, 0, 0, 0]
  const put = blobs.put.bind(blobs)
  blobs.put = (name, body) => {
    snapshots += body.length
    if (name.endsWith('-bundle')) bundles++
    return put(name, body)
  }
  const append = store.append.bind(store)
  store.append = (task, entry, ring) => {
    entries += entry.body.length
    return append(task, entry, ring)
  }
  let kept = new Kept()
  let log = logOn({ store, blobs }, { ringSize })
  for (const { batches, change } of phases) {
    for (let n = 0; n < batches; n++, batch++) {
      kept.table.begin(false)
      change(kept, batch, bytes)
      expect(await log.commit(draft(`${batch}`), kept)).toBe(true)
      most = Math.max(most, snapshots / entries)
    }
    log = logOn({ store, blobs }, { ringSize })
    const loaded = await log.load()
    const before = kept.contents()
    kept = reopened(loaded)
    expect(kept.contents()).toEqual(before)
    const held = loaded?.entry.snapshot?.parts ?? []
    // Without the last segment: it may go beyond, and counts with the next snapshot.
    const sum = held.slice(0, -1).reduce((total, part) => total + part.bytes, 0)
    const whole = encode(kept.everything()).length
    parts = Math.max(parts, sum / Math.max(whole, held[0]?.bytes ?? 0, 1))
  }
  return { most, parts, bundles }
}

/** The state as a new process has it. */
function reopened(loaded: LoadedLog | undefined): Kept {
  const kept = new Kept()
  for (const state of loaded?.snapshot ?? []) for (const [, cells] of state) kept.table.revive(cells)
  kept.snapshotTaken()
  for (const state of loaded?.changes ?? []) for (const [, cells] of state) kept.table.revive(cells)
  return kept
}

describe('What snapshots write for each byte that entries wrote', () => {
  test.each([
    ['that only grows', grow],
    ['that stays as large', churn],
    ['of which half the changes are new', halfNew],
    ['whose cells go as new ones come', turnOver],
  ])('is at most 2 for a state %s', async (_, change) => {
    const phases = [{ batches: 50, change: grow }, ...Array(8).fill({ batches: 100, change })]
    const { most, parts } = await run(phases, 1_000, 8)
    expect(most).toBeGreaterThan(1)
    expect(most).toBeLessThanOrEqual(2)
    expect(parts).toBeLessThan(3)
  })

  test('is less than one where each batch changes the same few cells', async () => {
    const { most } = await run(
      [
        { batches: 50, change: grow },
        { batches: 900, change: hot },
      ],
      300,
      8,
    )
    expect(most).toBeLessThan(1)
  })

  test('is at most 2 whatever happens to the state', async () => {
    const changes = fc.constantFrom(grow, churn, hot, turnOver, halfNew)
    const phase = fc.record({ batches: fc.integer({ min: 1, max: 120 }), change: changes })
    await fc.assert(
      fc.asyncProperty(
        fc.array(phase, { minLength: 1, maxLength: 6 }),
        fc.integer({ min: 50, max: 1_500 }),
        fc.constantFrom(6, 8, 16, 64),
        async (phases, bytes, ringSize) => {
          const { most, parts } = await run(phases, bytes, ringSize)
          expect(most).toBeLessThanOrEqual(2)
          expect(parts).toBeLessThan(3)
        },
      ),
      { numRuns: 20 },
    )
  })

  test('a state that grows has few parts: segments that no budget for a whole one follows are bundled', async () => {
    const { bundles } = await run([{ batches: 800, change: grow }], 1_000, 8)
    expect(bundles).toBeGreaterThan(1)
    expect(bundles).toBeLessThan(8)
  })
})
