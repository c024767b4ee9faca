import type { Counters } from '../core/counters.ts'
import type { StoredRange } from '../core/range-map.ts'
import { decode, encode } from './binary.ts'
import type { StoredCells } from './keyed-state-table.ts'
import { type PackedOutbox, packOutbox, unpackOutbox } from './packed-outbox.ts'

/** Cells by name of the operator. */
export type StoredState = readonly (readonly [operator: string, cells: StoredCells])[]

/** An output in the log, waiting for its delivery. */
export interface OutboxRecord {
  /** index into the outbox' `sinks` */
  readonly sink: number
  /** index into the outbox' `causes` */
  readonly cause: number
  /** part of the output's order */
  readonly output: number
  readonly payload: unknown
}

/** The outputs of one entry: what the sinks will see, and nothing else. */
export interface StoredOutbox {
  readonly sinks: readonly string[]
  readonly causes: readonly (readonly [sequenceNumber: string, subSequence: number])[]
  readonly records: readonly OutboxRecord[]
}

/** A blob with a whole state or a segment, or with several segments: a bundle. */
export interface SnapshotPart {
  readonly name: string
  readonly bytes: number
  readonly bundle?: boolean
}

/** What snapshots may write besides new segments. */
export interface RewriteBudget {
  readonly bytes: number
  /** with so many bytes a whole state is tried */
  readonly due: number
}

/** Where the newest snapshot is: it covers all up to `version`. */
export interface SnapshotPointer {
  readonly version: number
  /** oldest first: a whole state and segments to put over it; none: entry `version` holds it itself */
  readonly parts: readonly SnapshotPart[]
  /** absent without parts */
  readonly budget?: RewriteBudget
}

/** In place of a part that was too large for the entry. */
export interface BlobReference {
  readonly blob: string
}

/** Hash ranges in which time is ahead of the task's, after a merge of shards: their watermarks, epoch ms. */
export type StoredLanes = readonly StoredRange<number>[]

/** How far a task is. Times in epoch ms. */
export interface Progress {
  readonly epoch: number
  /** the last record done; '' before the first */
  readonly sequenceNumber: string
  readonly subSequence: number
  readonly watermark: number
  /** arrival of the last record (A), and the watermark after it (W): unchanged by ticks */
  readonly arrival: number
  readonly arrivalWatermark: number
  /** number of the tick since the last record; 0 for a batch */
  readonly tick: number
  /** absent when time is the same in all of its hash range */
  readonly lanes?: StoredLanes
}

/** What one batch (or tick) committed (protocol R2). */
export interface LogEntry extends Progress {
  readonly sealed: boolean
  /** epoch ms by the clock of the function */
  readonly committedAt: number
  /** outcomes since the log began, by operator */
  readonly counters: Readonly<Record<string, Counters>>
  /** the state changed by this batch; all there is, if the snapshot is this entry itself */
  readonly state: StoredState | BlobReference
  readonly outbox: StoredOutbox | BlobReference
  readonly snapshot: SnapshotPointer | undefined
  readonly codeVersion: string
}

export const isBlobReference = (part: object): part is BlobReference => 'blob' in part

export const encodeOutbox = (outbox: StoredOutbox): Uint8Array => encode(packOutbox(outbox))

export const decodeOutbox = (bytes: Uint8Array): StoredOutbox => unpackOutbox(decode(bytes) as PackedOutbox)

export function encodeEntry(entry: LogEntry): Uint8Array {
  const { outbox } = entry
  return encode({ ...entry, outbox: isBlobReference(outbox) ? outbox : packOutbox(outbox) })
}

export function decodeEntry(body: Uint8Array): LogEntry {
  const entry = decode(body) as Omit<LogEntry, 'outbox'> & { readonly outbox: PackedOutbox | BlobReference }
  const { outbox } = entry
  return { ...entry, outbox: isBlobReference(outbox) ? outbox : unpackOutbox(outbox) }
}
