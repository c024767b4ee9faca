/** One slot of a task's ring: the store knows its version and its nonce, the body is opaque. */
export interface StoredEntry {
  readonly version: number
  /** names this very body: tells "mine, the answer was lost" from "another's" */
  readonly nonce: string
  readonly body: Uint8Array
}

/**
 * Written by an invocation that had to load, before it runs the operators: whether it came to an end tells
 * the next one whether a record kills the process (protocol R17).
 */
export interface Attempt {
  /** the position it began at */
  readonly sequenceNumber: string
  /** how many invocations at this position had to load */
  readonly attempts: number
  /** how many records above the position may be run */
  readonly limit: number
  /** false once an invocation came to an end */
  readonly running: boolean
}

/** All that the store holds of one task, read consistently item by item, but not at one moment. */
export interface TaskItems {
  readonly entries: readonly StoredEntry[]
  /** the newest version whose outbox is known to be delivered */
  readonly delivered: number | undefined
  readonly attempt?: Attempt | undefined
}

export type AppendResult =
  | { readonly committed: true }
  /** `holder` is what the slot holds instead, where the store can tell it with the failure. */
  | { readonly committed: false; readonly holder?: Pick<StoredEntry, 'version' | 'nonce'> | undefined }

/** What is fixed when a pipeline's state is created. */
export interface PipelineMeta {
  /** epoch ms of the creation; grows with every re-creation */
  readonly generation: number
  /** slots of every ring, M */
  readonly ringSize: number
  /** name of the source's stage: that of its first stateful operator when the state was created */
  readonly stage?: string
  /** the shards that the stages before exchanges began with, by stream; absent with one stage */
  readonly rosters?: Readonly<Record<string, readonly string[]>>
  /** stateful operators, by name, with what must not change in them */
  readonly operators: Readonly<Record<string, string>>
}

/**
 * Where the state logs live (protocol R1, R2, R7). Failures that a retry can cure are thrown as errors for
 * which `isRetryable` holds; whether a failed `append` has written is then unknown.
 */
export interface StateStore {
  /** The largest entry body that can be appended, bytes. */
  readonly maxEntryBytes: number
  /** Writes the meta item if there is none, and answers with the one that is there. */
  openPipeline(pipeline: string, initial: PipelineMeta): Promise<PipelineMeta>
  /** Replaces the meta item, if it still holds `expected`. @returns whether it did */
  replacePipeline(pipeline: string, expected: PipelineMeta, next: PipelineMeta): Promise<boolean>
  load(task: string): Promise<TaskItems>
  /**
   * Writes entry N into slot N mod `ringSize` if the slot is empty and N < ringSize, or if it holds
   * entry N - ringSize: commit, fence and clean-up in one.
   */
  append(task: string, entry: StoredEntry, ringSize: number): Promise<AppendResult>
  /**
   * Notes that `version` is delivered; never goes back.
   * @param idle whether besides nothing in its state waits for time (R21). @default false
   */
  markDelivered(task: string, version: number, idle?: boolean): Promise<void>
  /** Whether the newest entry was marked as idle: told by the mark, and by the slot behind the marked version. */
  isIdle(task: string, ringSize: number): Promise<boolean>
  /** Puts the task's attempt item, over any other. */
  noteAttempt(task: string, attempt: Attempt): Promise<void>
}

/**
 * Where snapshots live, and what is too large for an entry. A name is its task's, a slash, and what the task
 * calls the blob.
 */
export interface BlobStore {
  put(name: string, bytes: Uint8Array): Promise<void>
  get(name: string): Promise<Uint8Array | undefined>
  delete(names: readonly string[]): Promise<void>
  /** @param prefix a task's name and its slash, and what follows that in the blobs' names */
  list(prefix: string): Promise<readonly string[]>
}
