import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { Claim, ClaimStore } from '../core/claim-store.ts'

const SCHEMA = `
  CREATE TABLE IF NOT EXISTS claims (
    key TEXT PRIMARY KEY, owner TEXT NOT NULL, expires REAL NOT NULL, body TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE INDEX IF NOT EXISTS claims_by_expiry ON claims (expires);
`

/** The claim store of the embedded engine: one file, shared by processes that open it. */
export class SqliteClaimStore implements ClaimStore {
  readonly #expire: StatementSync
  readonly #put: StatementSync
  readonly #find: StatementSync
  readonly #remove: StatementSync

  constructor(database: DatabaseSync) {
    database.exec(SCHEMA)
    this.#expire = database.prepare('DELETE FROM claims WHERE expires <= ?')
    this.#put = database.prepare(
      `INSERT INTO claims VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE
       SET owner = excluded.owner, expires = excluded.expires, body = excluded.body WHERE owner = ?
       RETURNING key`,
    )
    this.#find = database.prepare('SELECT body FROM claims WHERE key = ?')
    this.#remove = database.prepare('DELETE FROM claims WHERE key = ? AND owner = ?')
  }

  async put(claim: Claim, now: number, instead?: string): Promise<Claim | undefined> {
    const { key, owner, expires } = claim
    this.#expire.run(now)
    for (;;) {
      const written = this.#put.get(key, owner, expires, JSON.stringify(claim), instead ?? null)
      if (written !== undefined) return undefined
      const row = this.#find.get(key) as { body: string } | undefined
      // Another process may have removed meanwhile what was in the way.
      if (row === undefined) continue
      const holder = JSON.parse(row.body) as Claim
      return holder.owner === owner ? undefined : holder
    }
  }

  async remove(key: string, owner: string): Promise<void> {
    this.#remove.run(key, owner)
  }
}
