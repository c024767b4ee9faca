import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { addCounters, type Counters, newCounters } from '../core/counters.ts'
import type { BatchReport } from '../runtime/report.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS task_totals (
    pipeline TEXT NOT NULL, shard TEXT NOT NULL, totals TEXT NOT NULL, pending TEXT,
    PRIMARY KEY (pipeline, shard)
  ) WITHOUT ROWID;
`

/** What a task has done since its beginning, across restarts. */
export interface TaskTotals {
  readonly batches: number
  readonly counters: Readonly<Record<string, Counters>>
  /** epoch ms; null before the first event */
  readonly watermark: number | null
  readonly stateSize: number
}

const NOTHING: TaskTotals = { batches: 0, counters: {}, watermark: null, stateSize: 0 }

/**
 * Totals of all tasks of the local engine, for views and summaries. A task with a log tells its totals,
 * exact by themselves. Those of a task without one count a batch when the mapping is past it: until then
 * the batch may come again, and its newest report takes the place of the one before.
 */
export class LocalTotals {
  readonly #read: StatementSync
  readonly #write: StatementSync
  readonly #all: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#read = database.prepare('SELECT totals, pending FROM task_totals WHERE pipeline = ? AND shard = ?')
    this.#write = database.prepare('INSERT OR REPLACE INTO task_totals VALUES (?, ?, ?, ?)')
    this.#all = database.prepare('SELECT totals FROM task_totals WHERE pipeline = ?')
  }

  /** Takes the report of a batch, before the mapping knows of its success. */
  report({ pipeline, stream, shardId, counters, totals, watermark, stateSize }: BatchReport): void {
    const shard = shardOf(stream, shardId)
    const known = this.#task(pipeline, shard)
    const shown = { watermark: Number.isFinite(watermark) ? watermark : null, stateSize }
    const next =
      totals === undefined ? { ...known.totals, ...shown } : { ...known.totals, ...shown, counters: totals }
    const pending = totals === undefined ? counters : {}
    this.#write.run(pipeline, shard, JSON.stringify(next), JSON.stringify(pending))
  }

  /** Counts the reported batch: the mapping is past it. Call it in the transaction of the checkpoint. */
  settle(pipeline: string, stream: string, shardId: string): void {
    const shard = shardOf(stream, shardId)
    const { totals, pending } = this.#task(pipeline, shard)
    const counters = sumCounters([totals.counters, pending])
    const next: TaskTotals = { ...totals, batches: totals.batches + 1, counters }
    this.#write.run(pipeline, shard, JSON.stringify(next), null)
  }

  /** The totals of a pipeline's tasks. */
  tasks(pipeline: string): TaskTotals[] {
    return this.#all.all(pipeline).map(({ totals }) => JSON.parse(totals as string) as TaskTotals)
  }

  #task(pipeline: string, shard: string): { totals: TaskTotals; pending: Record<string, Counters> } {
    const row = this.#read.get(pipeline, shard) as { totals: string; pending: string | null } | undefined
    if (row === undefined) return { totals: NOTHING, pending: {} }
    const pending = row.pending === null ? {} : (JSON.parse(row.pending) as Record<string, Counters>)
    return { totals: JSON.parse(row.totals) as TaskTotals, pending }
  }
}

/** A pipeline may read several streams, and each has a first shard. */
const shardOf = (stream: string, shardId: string): string => `${stream}/${shardId}`

/** Counters by operator, added up. */
export function sumCounters(all: readonly Readonly<Record<string, Counters>>[]): Record<string, Counters> {
  const sum: Record<string, Counters> = {}
  for (const counters of all) {
    for (const [operator, counts] of Object.entries(counters)) {
      sum[operator] = addCounters(sum[operator] ?? newCounters(), counts)
    }
  }
  return sum
}
