import type { ClaimStore } from '../core/claim-store.ts'
import type { SinkTarget } from '../core/graph.ts'
import type { ShardAccess } from '../core/shards.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import type { BlobStore, StateStore } from '../state/store.ts'
import type { Clock } from '../time/clock.ts'
import type { BatchReport } from './report.ts'

/** Everything outside of the pipeline that a handler works with: given by `connect`, never imported. */
export interface Environment {
  readonly store: StateStore
  readonly blobs: BlobStore
  /** Where effects leave their claims. */
  readonly claims: ClaimStore
  readonly clock: Clock
  /** The version of the function's code, kept in log entries and dead letters. */
  readonly codeVersion: string
  /**
   * Opens the writer of a sink's resource; called once per sink, before the first batch.
   * @param open the sink's own writer, in AWS
   */
  openSink(target: SinkTarget, open: () => Promise<SinkWriter>): SinkWriter | Promise<SinkWriter>
  /** The shards of streams. Without it no pipeline with an exchange can run, and none finds out of a reshard. */
  readonly shards?: ShardAccess
  /** Takes dead letters: the payloads are `DeadLetter`s. */
  readonly deadLetters: SinkWriter
  /**
   * The name that a stream or table has here, from the one written in the pipeline.
   * @default the same
   */
  readonly resourceName?: (written: string) => string
  /** How much memory the states of all tasks may take, bytes. @default half of the function's, or 512 MiB */
  readonly memoryBudget?: number
  /** A new unique name at each call. @default crypto.randomUUID */
  readonly nonce?: () => string
  /** Told of every batch that got through. @default prints CloudWatch embedded metrics */
  readonly report?: (report: BatchReport) => void
}
