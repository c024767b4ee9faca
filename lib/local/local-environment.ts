import type { DatabaseSync } from 'node:sqlite'
import type { SinkTarget } from '../core/graph.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import type { Environment } from '../runtime/environment.ts'
import { SqliteBlobStore } from '../state/sqlite-blobs.ts'
import { SqliteClaimStore } from '../state/sqlite-claims.ts'
import { SqliteStateStore } from '../state/sqlite-store.ts'
import type { Clock } from '../time/clock.ts'
import { LocalDeadLetters } from './local-dead-letters.ts'
import { LocalTable } from './local-table.ts'
import { LocalShardAccess } from './shard-access.ts'
import { LocalStreams } from './streams.ts'
import { LocalTotals } from './task-totals.ts'

/**
 * Connects handlers to the embedded store: state, sinks, dead letters and totals in one file.
 * @param streams what exchanges put into; whose mappings are of the same object see it at once
 */
export function localEnvironment(
  database: DatabaseSync,
  clock: Clock,
  streams = new LocalStreams(database, clock),
): Environment {
  const totals = new LocalTotals(database)
  return {
    store: new SqliteStateStore(database),
    blobs: new SqliteBlobStore(database),
    claims: new SqliteClaimStore(database),
    shards: new LocalShardAccess(streams),
    deadLetters: new LocalDeadLetters(database),
    clock,
    codeVersion: '$LATEST',
    openSink: (target: SinkTarget): SinkWriter => new LocalTable(database, target),
    report: (report) => totals.report(report),
  }
}
