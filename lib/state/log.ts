import { RetryableError } from '../core/errors.ts'
import { isRetryable } from '../core/retryable.ts'
import { encode } from './binary.ts'
import { blobName, sweepBlobs } from './blobs.ts'
import {
  encodeEntry,
  encodeOutbox,
  isBlobReference,
  type LogEntry,
  type SnapshotPointer,
  type StoredOutbox,
} from './entry.ts'
import { type LoadedLog, loadLog } from './load-log.ts'
import { type SnapshotSource, snapshotDue, takeSnapshot } from './snapshot.ts'
import type { Attempt, BlobStore, StateStore, StoredEntry } from './store.ts'

const APPEND_ATTEMPTS = 3

export interface StateLogOptions {
  readonly store: StateStore
  readonly blobs: BlobStore
  readonly task: string
  readonly ringSize: number
  /** a new unique name at each call */
  readonly nonce: () => string
}

/** What a batch wants to commit; state and snapshot the log asks for itself. */
export type LogDraft = Omit<LogEntry, 'state' | 'outbox' | 'snapshot'> & {
  readonly outbox: StoredOutbox
}

/**
 * The log of one task (protocol R1 to R8): a ring of entries in which the conditional write of entry N is
 * commit, fence and clean-up in one. `version` is the entry that this process knows as the head.
 */
export class StateLog {
  readonly #options: StateLogOptions
  #version = -1
  #snapshot: SnapshotPointer | undefined
  #attempt: Attempt | undefined

  constructor(options: StateLogOptions) {
    this.#options = options
  }

  get version(): number {
    return this.#version
  }

  /** What an invocation that had to load noted of itself, as of the last load (R17). */
  get attempt(): Attempt | undefined {
    return this.#attempt
  }

  /** Reads head, snapshot and the changes above it; undefined if the task has never committed. */
  async load(): Promise<LoadedLog | undefined> {
    const { store, blobs, task } = this.#options
    const loaded = await loadLog(store, blobs, task)
    this.#version = loaded?.version ?? -1
    this.#snapshot = loaded?.entry.snapshot
    this.#attempt = loaded === undefined ? (await store.load(task)).attempt : loaded.attempt
    if (loaded !== undefined) await this.#sweep()
    return loaded
  }

  /**
   * Writes the next entry.
   * @param whole whether the state is to be written whole: none of it is in the log yet
   * @returns false if another one has written it: what this process knows is old
   * @throws RetryableError when the store did not answer: whether the entry is written is then unknown
   */
  async commit(draft: LogDraft, source: SnapshotSource, whole = false): Promise<boolean> {
    const { nonce: newNonce } = this.#options
    const version = this.#version + 1
    const nonce = newNonce()
    const entry = await this.#complete(draft, source, version, nonce, whole)
    const body = await this.#fit(entry, version, nonce)
    if (!(await this.#append({ version, nonce, body }))) return false
    this.#version = version
    if (entry.snapshot !== this.#snapshot) {
      this.#snapshot = entry.snapshot
      source.snapshotTaken()
      // The entry is in: what cannot be swept now, the next load sweeps or complains of.
      await this.#sweep().catch(() => {})
    }
    return true
  }

  /** Notes that the head's outbox is delivered, so that the next load need not deliver it again (R7). */
  async markDelivered(): Promise<void> {
    await this.#options.store.markDelivered(this.#options.task, this.#version)
  }

  /** Notes besides that nothing in the head's state waits for time: ticks need not load it (R21). */
  async markIdle(): Promise<void> {
    if (this.#version >= 0) await this.#options.store.markDelivered(this.#options.task, this.#version, true)
  }

  /** Whether the newest entry was marked so, told by two items. */
  isIdle(): Promise<boolean> {
    return this.#options.store.isIdle(this.#options.task, this.#options.ringSize)
  }

  /** Notes that an invocation that had to load begins, or has come to an end. */
  async noteAttempt(attempt: Attempt): Promise<void> {
    await this.#options.store.noteAttempt(this.#options.task, attempt)
    this.#attempt = attempt
  }

  /** Deletes dead blobs. For now they may stay, if the store is out of reach. */
  async #sweep(): Promise<void> {
    const { blobs, task, ringSize } = this.#options
    try {
      await sweepBlobs(blobs, task, this.#version, this.#snapshot, ringSize)
    } catch (error) {
      if (!isRetryable(error)) throw error
    }
  }

  async #complete(
    draft: LogDraft,
    source: SnapshotSource,
    version: number,
    nonce: string,
    whole: boolean,
  ): Promise<LogEntry> {
    const { task, ringSize } = this.#options
    const changes = source.changes()
    if (!whole && !snapshotDue(version, this.#snapshot, ringSize)) {
      return { ...draft, state: changes, snapshot: this.#snapshot }
    }
    const name = blobName(task, version, nonce, 'snapshot')
    const { pointer, state } = await takeSnapshot(version, name, this.#snapshot, source, this.#options)
    return { ...draft, state, snapshot: pointer }
  }

  /** The entry as bytes; if it is too large, its larger part goes into a blob first, then the other. */
  async #fit(entry: LogEntry, version: number, nonce: string): Promise<Uint8Array> {
    const { store, blobs, task } = this.#options
    let body = encodeEntry(entry)
    if (body.length <= store.maxEntryBytes) return body
    const { outbox, state } = entry
    const parts = [
      { part: 'outbox', bytes: isBlobReference(outbox) ? encode(outbox) : encodeOutbox(outbox) } as const,
      { part: 'state', bytes: encode(state) } as const,
    ]
    for (const { part, bytes } of parts.sort((a, b) => b.bytes.length - a.bytes.length)) {
      if (body.length <= store.maxEntryBytes) break
      const blob = blobName(task, version, nonce, part)
      await blobs.put(blob, bytes)
      entry = { ...entry, [part]: { blob } }
      body = encodeEntry(entry)
    }
    return body
  }

  async #append(entry: StoredEntry): Promise<boolean> {
    const { store, task, ringSize } = this.#options
    let failure: unknown
    for (let attempt = 0; attempt < APPEND_ATTEMPTS; attempt++) {
      try {
        const result = await store.append(task, entry, ringSize)
        if (result.committed) return true
        const holder = result.holder ?? (await this.#holderOf(entry.version))
        return holder?.version === entry.version && holder.nonce === entry.nonce
      } catch (error) {
        if (!isRetryable(error)) throw error
        failure = error
      }
    }
    throw new RetryableError(
      `the state store did not take entry ${entry.version} of '${task}' in ${APPEND_ATTEMPTS} attempts: ${String(failure)}`,
      { task, version: entry.version },
      { cause: failure },
    )
  }

  async #holderOf(version: number): Promise<StoredEntry | undefined> {
    const { entries } = await this.#options.store.load(this.#options.task)
    return entries.find((entry) => entry.version === version)
  }
}
