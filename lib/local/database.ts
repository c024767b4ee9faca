import { mkdirSync } from 'node:fs'
import { dirname } from 'node:path'
import { DatabaseSync } from 'node:sqlite'

/** The store's file, in the folder of local runs (`.millrace`). */
export const DATABASE_FILE = 'millrace.db'

const BUSY_TIMEOUT_MS = 10_000

/**
 * Opens the database file of a local run, and its folder if there is none yet; `:memory:` is allowed.
 * Write-ahead log with `synchronous = NORMAL`: what was committed survives a killed process, and readers
 * never wait for the writer. A second writer (another thread or process) waits up to 10 seconds.
 * The file has no schema of its own: each module makes its tables.
 */
export function openDatabase(path: string): DatabaseSync {
  if (path !== ':memory:') mkdirSync(dirname(path), { recursive: true })
  const database = new DatabaseSync(path, { timeout: BUSY_TIMEOUT_MS })
  database.exec('PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL')
  return database
}
