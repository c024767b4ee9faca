import { createHash } from 'node:crypto'
import { newCounters } from '../../lib/core/counters.ts'
import type { StoredOutbox, StoredState } from '../../lib/state/entry.ts'
import { KeyedStateTable } from '../../lib/state/keyed-state-table.ts'
import type { LoadedLog } from '../../lib/state/load-log.ts'
import { type LogDraft, StateLog, type StateLogOptions } from '../../lib/state/log.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import type { SnapshotSource } from '../../lib/state/snapshot.ts'
import type { BlobStore, StateStore } from '../../lib/state/store.ts'

export const TASK = 'p/w/g1m4/s/shardId-000000000000'

const value = { copy: (text: string) => text, store: (text: string) => text, revive: (text: string) => text }

/** The state of one operator, and the log that keeps it. */
export class Kept implements SnapshotSource {
  readonly table = new KeyedStateTable<string>(value)

  changes = (): StoredState => [['w', this.table.changes()]]
  segment = (): StoredState => [['w', this.table.segment()]]
  everything = (): StoredState => [['w', this.table.everything()]]
  snapshotTaken = (): void => this.table.snapshotTaken()

  set(key: string, text: string, namespace = 0): void {
    const cell = this.table.get(namespace, key)
    if (cell === undefined) this.table.create(namespace, key, text)
    else {
      this.table.touch(cell)
      cell.value = text
    }
  }

  contents(): Record<string, string> {
    const held: Record<string, string> = {}
    for (const namespace of this.table.namespaces) {
      for (const { key, value } of this.table.cells(namespace)) held[`${namespace}/${key}`] = value
    }
    return held
  }
}

/** The state that a loaded log makes. */
export function keptIn(loaded: LoadedLog | undefined): Kept {
  const kept = new Kept()
  for (const state of [...(loaded?.snapshot ?? []), ...(loaded?.changes ?? [])]) {
    for (const [, cells] of state) kept.table.revive(cells)
  }
  return kept
}

const NO_OUTBOX: StoredOutbox = { sinks: [], causes: [], records: [] }

export const draft = (sequenceNumber: string, more: Partial<LogDraft> = {}): LogDraft => ({
  epoch: 0,
  sequenceNumber,
  subSequence: 0,
  watermark: 5,
  arrival: 7,
  arrivalWatermark: 5,
  tick: 0,
  sealed: false,
  committedAt: 9,
  counters: { source: { ...newCounters(), passed: 1 } },
  outbox: NO_OUTBOX,
  codeVersion: '1',
  ...more,
})

export interface Stores {
  readonly store: StateStore
  readonly blobs: BlobStore
}

export const memoryStores = (
  maxEntryBytes?: number,
): { store: MemoryStateStore; blobs: MemoryBlobStore } => ({
  store: new MemoryStateStore(maxEntryBytes),
  blobs: new MemoryBlobStore(),
})

let nonces = 0

export const logOn = ({ store, blobs }: Stores, more: Partial<StateLogOptions> = {}): StateLog =>
  new StateLog({ store, blobs, task: TASK, ringSize: 4, nonce: () => `n${nonces++}`, ...more })

/** Text of `length` of which each seed makes another, and that hardly compresses. */
export const noise = (length: number, seed: number): string =>
  createHash('shake256', { outputLength: Math.max(1, length) })
    .update(String(seed))
    .digest('base64')
    .slice(0, length)
