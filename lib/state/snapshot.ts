import { encode } from './binary.ts'
import { bundle, bundledBytes } from './bundle.ts'
import type { RewriteBudget, SnapshotPart, SnapshotPointer, StoredState } from './entry.ts'
import type { BlobStore } from './store.ts'

/** Up to this many bytes a whole state travels inside its entry; above, a blob costs less. */
const INLINE_BYTES = 8_192
/** Writing the state whole is tried when the budget is so many times what it last took: it may have grown. */
const TRY_AT = 1.25
/** If it takes more than so many times the budget, most changes are growth, and waiting would not pay for it. */
const OUT_OF_REACH = 1.5

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

export interface SnapshotPlace {
  readonly blobs: BlobStore
  readonly ringSize: number
}

/**
 * Takes a snapshot that covers entry `version`. A small state goes into the entry. A large one is a whole
 * state, and segments over it, one for each snapshot since.
 *
 * Segments are rewritten from a budget that they themselves bring in. A segment covers n = `ringSize` - 1
 * entries, of which n - 1 hold their changes: of its g bytes entries wrote g (n - 1) / n. With g it brings
 * g (1 - 2 / n) into the budget, together 2 (n - 1) / n times g. So, however the state changes, snapshots
 * write at most twice what entries wrote, as far as a batch with a snapshot changes no more than the others.
 * The budget pays for a new whole state, or, where the state grows too fast for that, for a bundle of the
 * segments: a byte that only came is not written a third time.
 */
export async function takeSnapshot(
  version: number,
  blobName: string,
  last: SnapshotPointer | undefined,
  source: SnapshotSource,
  { blobs, ringSize }: SnapshotPlace,
): Promise<Snapshot> {
  const [base] = last?.parts ?? []
  if (last === undefined || base === undefined) {
    const state = source.everything()
    return putWhole(version, blobName, state, encode(state), blobs)
  }
  const segment = encode(source.segment())
  const { bytes, due } = last.budget ?? { bytes: 0, due: TRY_AT * base.bytes }
  let budget: RewriteBudget = { bytes: bytes + segment.length * Math.max(0, 1 - 2 / (ringSize - 1)), due }
  let { parts } = last
  if (budget.bytes >= due) {
    const state = source.everything()
    const whole = encode(state)
    // The segment need not be written then.
    if (whole.length - segment.length <= budget.bytes) return putWhole(version, blobName, state, whole, blobs)
    const outOfReach = whole.length > OUT_OF_REACH * budget.bytes
    budget = { ...budget, due: TRY_AT * whole.length }
    if (outOfReach) ({ parts, budget } = await bundleSegments(`${blobName}-bundle`, parts, budget, blobs))
  }
  await blobs.put(blobName, segment)
  parts = [...parts, { name: blobName, bytes: segment.length }]
  return { pointer: { version, parts, budget }, state: [] }
}

async function putWhole(
  version: number,
  blobName: string,
  state: StoredState,
  bytes: Uint8Array,
  blobs: BlobStore,
): Promise<Snapshot> {
  if (bytes.length <= INLINE_BYTES) return { pointer: { version, parts: [] }, state }
  await blobs.put(blobName, bytes)
  const parts = [{ name: blobName, bytes: bytes.length }]
  return { pointer: { version, parts, budget: { bytes: 0, due: TRY_AT * bytes.length } }, state: [] }
}

/** Makes one part of the segments that are not yet in a bundle, the oldest first, as far as the budget goes. */
async function bundleSegments(
  blobName: string,
  parts: readonly SnapshotPart[],
  budget: RewriteBudget,
  blobs: BlobStore,
): Promise<{ readonly parts: readonly SnapshotPart[]; readonly budget: RewriteBudget }> {
  const from = 1 + parts.findLastIndex(({ bundle }, index) => index === 0 || bundle === true)
  let [to, cost] = [from, 0]
  for (const { bytes } of parts.slice(from)) {
    if (cost + bundledBytes(bytes) > budget.bytes) break
    cost += bundledBytes(bytes)
    to++
  }
  if (to - from < 2) return { parts, budget }
  const segments = await Promise.all(parts.slice(from, to).map(({ name }) => blobs.get(name)))
  const found = segments.filter((segment) => segment !== undefined)
  // Another one has gone ahead and swept them: the entry of this snapshot will not be taken.
  if (found.length < segments.length) return { parts, budget }
  await blobs.put(blobName, bundle(found))
  return {
    parts: [...parts.slice(0, from), { name: blobName, bytes: cost, bundle: true }, ...parts.slice(to)],
    budget: { ...budget, bytes: budget.bytes - cost },
  }
}

/**
 * Whether entry `version` must bring a new snapshot: with it the ring still holds every entry above the
 * snapshot, and the entry that holds the snapshot itself (protocol R8).
 */
export const snapshotDue = (version: number, last: SnapshotPointer | undefined, ringSize: number): boolean =>
  version - (last?.version ?? -1) >= ringSize - 1
