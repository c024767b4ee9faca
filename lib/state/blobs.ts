import type { SnapshotPointer } from './entry.ts'
import type { BlobStore } from './store.ts'

type BlobKind = 'snapshot' | 'state' | 'outbox'

/** A blob's name holds its task, the version of the entry that points at it, and that entry's nonce. */
export const blobName = (task: string, version: number, nonce: string, kind: BlobKind): string =>
  `${task}/${String(version).padStart(12, '0')}-${kind}-${nonce}`

/**
 * Deletes blobs that nothing live points at, and only such whose version the log has passed (R8): one that
 * an entry still on its way may point at stays, so a commit that seemed to fail loses nothing.
 * @param head the newest version that is known to be in the log, with its snapshot
 */
export async function sweepBlobs(
  blobs: BlobStore,
  task: string,
  head: number,
  snapshot: SnapshotPointer | undefined,
  ringSize: number,
): Promise<void> {
  const live = new Set(snapshot?.parts.map(({ name }) => name))
  const dead = (await blobs.list(`${task}/`)).filter((name) => {
    const [version, kind] = name.slice(task.length + 1).split('-')
    if (live.has(name) || version === undefined) return false
    return Number(version) <= (kind === 'snapshot' ? head : head - ringSize)
  })
  if (dead.length > 0) await blobs.delete(dead)
}
