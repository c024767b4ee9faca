import type { DatabaseSync } from 'node:sqlite'
import type { Pipeline } from '../core/pipeline.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS local_pipelines (name TEXT PRIMARY KEY, tables TEXT NOT NULL) WITHOUT ROWID;
`

/** The tables that a pipeline writes. */
export interface PipelineTables {
  readonly tables: readonly string[]
  /** of these, the ones that late elements go to */
  readonly late: readonly string[]
}

/** What ran on the embedded store, so that a look at it needs no code. */
export class LocalPipelines {
  readonly #database: DatabaseSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#database = database
  }

  save(pipeline: Pipeline): void {
    const sides = new Set(pipeline.operators.flatMap(({ sides = [] }) => sides.flatMap(({ sinks }) => sinks)))
    const tables: PipelineTables = {
      tables: pipeline.sinks.map(({ target }) => target.table),
      late: pipeline.sinks.filter((sink) => sides.has(sink)).map(({ target }) => target.table),
    }
    this.#database
      .prepare('INSERT OR REPLACE INTO local_pipelines VALUES (?, ?)')
      .run(pipeline.name, JSON.stringify(tables))
  }

  all(): Map<string, PipelineTables> {
    const rows = this.#database.prepare('SELECT name, tables FROM local_pipelines ORDER BY name').all()
    return new Map(
      rows.map(({ name, tables }) => [name as string, JSON.parse(tables as string) as PipelineTables]),
    )
  }
}
