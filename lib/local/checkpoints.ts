import type { DatabaseSync } from 'node:sqlite'

/** The durable positions of one mapping: the index of the last record of each shard that is done. */
export class Checkpoints {
  readonly #database: DatabaseSync
  readonly #key: [functionName: string, stream: string]

  constructor(database: DatabaseSync, functionName: string, stream: string) {
    this.#database = database
    this.#key = [functionName, stream]
    database.exec(`
      CREATE TABLE IF NOT EXISTS local_mapping_positions (
        function TEXT NOT NULL,
        stream TEXT NOT NULL,
        shard_id TEXT NOT NULL,
        position INTEGER NOT NULL,
        PRIMARY KEY (function, stream, shard_id)
      ) STRICT, WITHOUT ROWID;
    `)
  }

  /** The index of the last record that is done; -1 at the shard's beginning (TRIM_HORIZON). */
  read(shardId: string): number {
    const row = this.#database
      .prepare(
        'SELECT position FROM local_mapping_positions WHERE function = ? AND stream = ? AND shard_id = ?',
      )
      .get(...this.#key, shardId)
    return row === undefined ? -1 : Number(row.position)
  }

  write(shardId: string, position: number): void {
    this.#database
      .prepare(
        `INSERT INTO local_mapping_positions (function, stream, shard_id, position) VALUES (?, ?, ?, ?)
         ON CONFLICT DO UPDATE SET position = excluded.position`,
      )
      .run(...this.#key, shardId, position)
  }

  /** Forgets all positions, as deleting a mapping does: the next one starts at TRIM_HORIZON. */
  clear(): void {
    this.#database
      .prepare('DELETE FROM local_mapping_positions WHERE function = ? AND stream = ?')
      .run(...this.#key)
  }
}
