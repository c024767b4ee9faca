import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { AppendResult, Attempt, PipelineMeta, StateStore, StoredEntry, TaskItems } from './store.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS pipelines (name TEXT PRIMARY KEY, meta TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS log (
    task TEXT NOT NULL, slot INTEGER NOT NULL, version INTEGER NOT NULL, nonce TEXT NOT NULL, body BLOB NOT NULL,
    PRIMARY KEY (task, slot)
  );
  CREATE TABLE IF NOT EXISTS delivered (
    task TEXT PRIMARY KEY, version INTEGER NOT NULL, idle INTEGER NOT NULL DEFAULT 0
  ) WITHOUT ROWID;
  CREATE TABLE IF NOT EXISTS attempts (task TEXT PRIMARY KEY, attempt TEXT NOT NULL) WITHOUT ROWID;
`

/** The state store of the embedded engine: one file, shared by processes that open it. */
export class SqliteStateStore implements StateStore {
  /** as for DynamoDB, so that local runs take the same way */
  readonly maxEntryBytes = 390_000
  readonly #find: StatementSync
  readonly #insert: StatementSync
  readonly #replace: StatementSync
  readonly #entries: StatementSync
  readonly #delivered: StatementSync
  readonly #first: StatementSync
  readonly #next: StatementSync
  readonly #holder: StatementSync
  readonly #mark: StatementSync
  readonly #attempt: StatementSync
  readonly #note: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    const prepare = (sql: string) => database.prepare(sql)
    this.#find = prepare('SELECT meta FROM pipelines WHERE name = ?')
    this.#insert = prepare('INSERT INTO pipelines VALUES (?, ?) ON CONFLICT DO NOTHING')
    this.#replace = prepare('UPDATE pipelines SET meta = ? WHERE name = ? AND meta = ?')
    this.#entries = prepare('SELECT version, nonce, body FROM log WHERE task = ?')
    this.#delivered = prepare('SELECT version, idle FROM delivered WHERE task = ?')
    this.#first = prepare('INSERT INTO log VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING')
    this.#next = prepare(
      'UPDATE log SET version = ?, nonce = ?, body = ? WHERE task = ? AND slot = ? AND version = ?',
    )
    this.#holder = prepare('SELECT version, nonce FROM log WHERE task = ? AND slot = ?')
    this.#attempt = prepare('SELECT attempt FROM attempts WHERE task = ?')
    this.#note = prepare('INSERT OR REPLACE INTO attempts VALUES (?, ?)')
    this.#mark = prepare(
      `INSERT INTO delivered VALUES (?, ?, ?) ON CONFLICT DO UPDATE
       SET version = excluded.version, idle = excluded.idle WHERE excluded.version >= version`,
    )
  }

  async openPipeline(pipeline: string, initial: PipelineMeta): Promise<PipelineMeta> {
    this.#insert.run(pipeline, JSON.stringify(initial))
    const row = this.#find.get(pipeline) as { meta: string }
    return JSON.parse(row.meta) as PipelineMeta
  }

  async replacePipeline(pipeline: string, expected: PipelineMeta, next: PipelineMeta): Promise<boolean> {
    return this.#replace.run(JSON.stringify(next), pipeline, JSON.stringify(expected)).changes === 1
  }

  async load(task: string): Promise<TaskItems> {
    const entries = this.#entries.all(task) as unknown as StoredEntry[]
    const mark = this.#delivered.get(task) as { version: number } | undefined
    const row = this.#attempt.get(task) as { attempt: string } | undefined
    const attempt = row && (JSON.parse(row.attempt) as Attempt)
    return { entries, delivered: mark?.version, attempt }
  }

  async append(task: string, entry: StoredEntry, ringSize: number): Promise<AppendResult> {
    const { version, nonce, body } = entry
    const slot = version % ringSize
    const { changes } =
      version < ringSize
        ? this.#first.run(task, slot, version, nonce, body)
        : this.#next.run(version, nonce, body, task, slot, version - ringSize)
    if (changes === 1) return { committed: true }
    const holder = this.#holder.get(task, slot) as unknown as
      | Pick<StoredEntry, 'version' | 'nonce'>
      | undefined
    return { committed: false, holder }
  }

  async markDelivered(task: string, version: number, idle = false): Promise<void> {
    this.#mark.run(task, version, idle ? 1 : 0)
  }

  async isIdle(task: string, ringSize: number): Promise<boolean> {
    const mark = this.#delivered.get(task) as { version: number; idle: number } | undefined
    if (mark?.idle !== 1) return false
    const next = mark.version + 1
    return this.#holder.get(task, next % ringSize)?.version !== next
  }

  async noteAttempt(task: string, attempt: Attempt): Promise<void> {
    this.#note.run(task, JSON.stringify(attempt))
  }
}
