import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type DeadLetter, deadLetterLine } from '../core/dead-letter.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'
import type { FailedBatch } from './failed-batch.ts'
import { transaction } from './transaction.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS dead_letters (
    id TEXT PRIMARY KEY, pipeline TEXT NOT NULL, letter TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS dead_letters_by_pipeline ON dead_letters (pipeline);
`

/** Dead letters of the embedded store: records that failed, and batches that a mapping gave up. */
export class LocalDeadLetters implements SinkWriter {
  readonly #database: DatabaseSync
  readonly #put: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#database = database
    this.#put = database.prepare('INSERT INTO dead_letters VALUES (?, ?, ?) ON CONFLICT DO NOTHING')
  }

  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    transaction(this.#database, () => {
      for (const { id, payload } of records) {
        const letter = payload as DeadLetter
        this.#put.run(id, letter.pipeline, deadLetterLine(id, letter))
      }
    })
    return []
  }

  /** The on-failure destination of a mapping: takes the batch with its records. */
  giveUp(pipeline: string, batch: FailedBatch): void {
    this.#put.run(batch.requestContext.requestId, pipeline, JSON.stringify(batch))
  }

  count(pipeline: string): number {
    const row = this.#database
      .prepare('SELECT count(*) AS letters FROM dead_letters WHERE pipeline = ?')
      .get(pipeline)
    return Number(row?.letters)
  }

  /** The letters as JSON texts, of one pipeline or of all. */
  *letters(pipeline?: string): Generator<string> {
    const rows = this.#database
      .prepare('SELECT letter FROM dead_letters WHERE ?1 IS NULL OR pipeline = ?1 ORDER BY id')
      .iterate(pipeline ?? null)
    for (const { letter } of rows) yield letter as string
  }
}
