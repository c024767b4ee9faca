import { TornLoadError } from '../core/errors.ts'
import { decode } from './binary.ts'
import { unbundle } from './bundle.ts'
import {
  decodeEntry,
  decodeOutbox,
  isBlobReference,
  type LogEntry,
  type SnapshotPart,
  type StoredOutbox,
  type StoredState,
} from './entry.ts'
import type { Attempt, BlobStore, StateStore, TaskItems } from './store.ts'

const LOAD_ATTEMPTS = 20

/** A log as it was at one version. */
export interface LoadedLog {
  readonly version: number
  readonly entry: LogEntry
  readonly outbox: StoredOutbox
  /** whether the head's outbox is known to be delivered */
  readonly delivered: boolean
  /** what an invocation that had to load left behind */
  readonly attempt: Attempt | undefined
  /** the newest snapshot: a whole state, then segments to put over it */
  readonly snapshot: readonly StoredState[]
  /** the changes above the snapshot, oldest first */
  readonly changes: readonly StoredState[]
}

/**
 * Reads a task's log. Its items are read consistently, but not at one moment: a gap, a torn ring or a
 * missing blob means that others wrote meanwhile, and the load starts again (protocol R6).
 * @returns undefined if the task has never committed
 * @throws TornLoadError when that happens implausibly often: something has deleted a part of the log
 */
export async function loadLog(
  store: StateStore,
  blobs: BlobStore,
  task: string,
): Promise<LoadedLog | undefined> {
  for (let attempt = 0; attempt < LOAD_ATTEMPTS; attempt++) {
    const items = await store.load(task)
    if (items.entries.length === 0) return undefined
    const loaded = await assemble(items, blobs)
    if (loaded !== undefined) return loaded
  }
  throw new TornLoadError(
    `the log of '${task}' is not whole after ${LOAD_ATTEMPTS} readings: an entry or a snapshot is missing; if nothing else writes to it, a part of the state was deleted`,
    { task },
  )
}

async function assemble(
  { entries, delivered, attempt }: TaskItems,
  blobs: BlobStore,
): Promise<LoadedLog | undefined> {
  const bodies = new Map(entries.map(({ version, body }) => [version, body]))
  const version = Math.max(...bodies.keys())
  const head = entryAt(bodies, version)
  if (head === undefined) return undefined
  const covered = head.snapshot?.version ?? -1
  const holder = head.snapshot?.parts.length === 0 ? entryAt(bodies, covered) : undefined
  const snapshot =
    head.snapshot?.parts.length === 0
      ? await statesOf(holder === undefined ? [undefined] : [holder], blobs)
      : await partStates(head.snapshot?.parts ?? [], blobs)
  const above: (LogEntry | undefined)[] = []
  for (let each = covered + 1; each <= version; each++) above.push(entryAt(bodies, each))
  const changes = await statesOf(above, blobs)
  const outbox = await outboxOf(head, blobs)
  if (snapshot === undefined || changes === undefined || outbox === undefined) return undefined
  return { version, entry: head, outbox, delivered: (delivered ?? -1) >= version, attempt, snapshot, changes }
}

function entryAt(bodies: ReadonlyMap<number, Uint8Array>, version: number): LogEntry | undefined {
  const body = bodies.get(version)
  return body && decodeEntry(body)
}

/** The states that entries hold, or undefined if one of them is missing. */
async function statesOf(
  entries: readonly (LogEntry | undefined)[],
  blobs: BlobStore,
): Promise<StoredState[] | undefined> {
  const states: StoredState[] = []
  for (const entry of entries) {
    if (entry === undefined) return undefined
    if (!isBlobReference(entry.state)) states.push(entry.state)
    else {
      const found = await partStates([{ name: entry.state.blob }], blobs)
      if (found === undefined) return undefined
      states.push(...found)
    }
  }
  return states
}

async function partStates(
  parts: readonly Pick<SnapshotPart, 'name' | 'bundle'>[],
  blobs: BlobStore,
): Promise<StoredState[] | undefined> {
  const found = await Promise.all(
    parts.map(async ({ name, bundle }) => {
      const bytes = await blobs.get(name)
      return bytes && (bundle === true ? unbundle(bytes) : [bytes])
    }),
  )
  const states: StoredState[] = []
  for (const part of found) {
    if (part === undefined) return undefined
    for (const bytes of part) states.push(decode(bytes) as StoredState)
  }
  return states
}

async function outboxOf({ outbox }: LogEntry, blobs: BlobStore): Promise<StoredOutbox | undefined> {
  if (!isBlobReference(outbox)) return outbox
  const bytes = await blobs.get(outbox.blob)
  return bytes && decodeOutbox(bytes)
}
