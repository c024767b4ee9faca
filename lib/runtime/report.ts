import type { Counters } from '../core/counters.ts'

/** What one batch did, counted when it had got through. */
export interface BatchReport {
  readonly pipeline: string
  readonly task: string
  readonly stream: string
  readonly shardId: string
  /** records in the batch */
  readonly records: number
  /** of these, records that an earlier batch had committed */
  readonly redelivered: number
  /** what became of the elements, by operator */
  readonly counters: Readonly<Record<string, Counters>>
  /** the same since the log began, exact across restarts; absent without a log */
  readonly totals?: Readonly<Record<string, Counters>>
  readonly deadLetters: number
  /** of the whole batch, from the event to the response */
  readonly milliseconds: number
  /** epoch ms; -Infinity before the first event */
  readonly watermark: number
  /** how far the watermark is behind the arrival of the batch's last record, ms */
  readonly watermarkLag: number
  /** how often another invocation had committed first */
  readonly commitConflicts: number
  /** values of keyed state: for a window operator, open windows by key */
  readonly stateSize: number
}
