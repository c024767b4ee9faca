import type { DatabaseSync } from 'node:sqlite'

/** Makes the tables of the local streams where they are not there yet. */
export function createStreamTables(database: DatabaseSync): void {
  database.exec(`
    CREATE TABLE IF NOT EXISTS local_streams (
      id INTEGER PRIMARY KEY,
      name TEXT NOT NULL UNIQUE,
      shards INTEGER NOT NULL,
      max_record_bytes INTEGER NOT NULL,
      ended INTEGER NOT NULL DEFAULT 0
    ) STRICT;
    CREATE TABLE IF NOT EXISTS local_stream_shards (
      stream INTEGER NOT NULL,
      shard INTEGER NOT NULL,
      next INTEGER NOT NULL,
      PRIMARY KEY (stream, shard)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE IF NOT EXISTS local_stream_chunks (
      stream INTEGER NOT NULL,
      shard INTEGER NOT NULL,
      first INTEGER NOT NULL,
      count INTEGER NOT NULL,
      arrival REAL NOT NULL,
      body BLOB NOT NULL,
      UNIQUE (stream, shard, first)
    ) STRICT;
    CREATE TABLE IF NOT EXISTS local_stream_producers (
      stream INTEGER NOT NULL,
      producer TEXT NOT NULL,
      position INTEGER NOT NULL,
      PRIMARY KEY (stream, producer)
    ) STRICT, WITHOUT ROWID;
  `)
}

/** A stream as the database holds it. */
export interface StreamRow {
  readonly id: number
  readonly shards: number
  readonly maxRecordBytes: number
  readonly ended: boolean
}

/** The stream of this name, if there is one. */
export function findStream(database: DatabaseSync, name: string): StreamRow | undefined {
  const row = database
    .prepare('SELECT id, shards, max_record_bytes, ended FROM local_streams WHERE name = ?')
    .get(name)
  if (row === undefined) return undefined
  return {
    id: Number(row.id),
    shards: Number(row.shards),
    maxRecordBytes: Number(row.max_record_bytes),
    ended: row.ended === 1,
  }
}
