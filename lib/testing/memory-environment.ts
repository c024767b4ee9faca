import type { DeadLetter } from '../core/dead-letter.ts'
import type { SinkTarget } from '../core/graph.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'
import { openDatabase } from '../local/database.ts'
import { LocalShardAccess } from '../local/shard-access.ts'
import { LocalStreams } from '../local/streams.ts'
import type { Environment } from '../runtime/environment.ts'
import type { BatchReport } from '../runtime/report.ts'
import { MemoryBlobStore } from '../state/memory-blobs.ts'
import { MemoryClaimStore } from '../state/memory-claims.ts'
import { MemoryStateStore } from '../state/memory-store.ts'
import type { Clock } from '../time/clock.ts'
import { MemoryTable } from './memory-table.ts'

/** Everything that a handler connects to, in memory. */
export class MemoryEnvironment implements Environment {
  readonly store = new MemoryStateStore()
  readonly blobs = new MemoryBlobStore()
  readonly claims = new MemoryClaimStore()
  readonly clock: Clock
  readonly streams: LocalStreams
  readonly shards: LocalShardAccess
  readonly codeVersion = '$LATEST'
  readonly reports: BatchReport[] = []
  readonly #tables = new Map<string, MemoryTable>()
  readonly #deadLetters = new Map<string, DeadLetter>()

  constructor(clock: Clock) {
    this.clock = clock
    this.streams = new LocalStreams(openDatabase(':memory:'), clock)
    this.shards = new LocalShardAccess(this.streams)
  }

  readonly deadLetters: SinkWriter = {
    write: async (records: readonly SinkRecord[]): Promise<readonly Rejection[]> => {
      for (const { id, payload } of records) this.#deadLetters.set(id, payload as DeadLetter)
      return []
    },
  }

  readonly report = (report: BatchReport): void => {
    this.reports.push(report)
  }

  openSink(target: SinkTarget): MemoryTable {
    let table = this.#tables.get(target.table)
    if (table === undefined) {
      table = new MemoryTable(target)
      this.#tables.set(target.table, table)
    }
    return table
  }

  /** The dead letters, each once however often it was delivered, in the order of their first arrival. */
  letters(): DeadLetter[] {
    return [...this.#deadLetters.values()]
  }
}
