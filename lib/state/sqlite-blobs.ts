import type { DatabaseSync, StatementSync } from 'node:sqlite'
import type { BlobStore } from './store.ts'

/** The blob store of the embedded engine. */
export class SqliteBlobStore implements BlobStore {
  readonly #put: StatementSync
  readonly #get: StatementSync
  readonly #delete: StatementSync
  readonly #list: StatementSync

  constructor(database: DatabaseSync) {
    database.exec('CREATE TABLE IF NOT EXISTS blobs (name TEXT PRIMARY KEY, bytes BLOB NOT NULL)')
    this.#put = database.prepare('INSERT OR REPLACE INTO blobs VALUES (?, ?)')
    this.#get = database.prepare('SELECT bytes FROM blobs WHERE name = ?')
    this.#delete = database.prepare('DELETE FROM blobs WHERE name = ?')
    this.#list = database.prepare('SELECT name FROM blobs WHERE name >= ? AND name < ?')
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    this.#put.run(name, bytes)
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const row = this.#get.get(name) as { bytes: Uint8Array } | undefined
    return row?.bytes
  }

  async delete(names: readonly string[]): Promise<void> {
    for (const name of names) this.#delete.run(name)
  }

  async list(prefix: string): Promise<readonly string[]> {
    const rows = this.#list.all(prefix, `${prefix}\u{10FFFF}`) as { name: string }[]
    return rows.map(({ name }) => name)
  }
}
