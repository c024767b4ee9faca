import { encode } from './binary.ts'
import type { SnapshotPointer, StoredState } from './entry.ts'
import type { BlobStore } from './store.ts'

/** Up to this many bytes a whole state travels inside its entry; above, a blob costs less. */
const INLINE_BYTES = 8_192

/** The state that snapshots are taken of. */
export interface SnapshotSource {
  /** what the batch changed */
  changes(): StoredState
  /** what changed since the last snapshot */
  segment(): StoredState
  /** all there is */
  everything(): StoredState
  /** told when a snapshot is in the log */
  snapshotTaken(): void
}

export interface Snapshot {
  readonly pointer: SnapshotPointer
  /** what the entry itself holds */
  readonly state: StoredState
}

/**
 * Takes a snapshot that covers entry `version`. A small state goes into the entry. A large one is written
 * whole only when the segments over the last whole one have grown as large as it: each byte of a change
 * is so written at most twice after its entry, on the mean, however large the state is; and at most three
 * times while the state only grows.
 */
export async function takeSnapshot(
  version: number,
  blobName: string,
  last: SnapshotPointer | undefined,
  source: SnapshotSource,
  blobs: BlobStore,
): Promise<Snapshot> {
  const [base, ...segments] = last?.parts ?? []
  if (last !== undefined && base !== undefined) {
    const segment = encode(source.segment())
    const grown = segments.reduce((sum, { bytes }) => sum + bytes, segment.length)
    if (grown < base.bytes) {
      await blobs.put(blobName, segment)
      const parts = [...last.parts, { name: blobName, bytes: segment.length }]
      return { pointer: { version, parts }, state: [] }
    }
  }
  const everything = source.everything()
  const bytes = encode(everything)
  if (bytes.length <= INLINE_BYTES) return { pointer: { version, parts: [] }, state: everything }
  await blobs.put(blobName, bytes)
  const parts = [{ name: blobName, bytes: bytes.length }]
  return { pointer: { version, parts }, state: [] }
}

/**
 * Whether entry `version` must bring a new snapshot: with it the ring still holds every entry above the
 * snapshot, and the entry that holds the snapshot itself (protocol R8).
 */
export const snapshotDue = (version: number, last: SnapshotPointer | undefined, ringSize: number): boolean =>
  version - (last?.version ?? -1) >= ringSize - 1
