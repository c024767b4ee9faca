import type { DatabaseSync } from 'node:sqlite'

/**
 * Runs `work` in one write transaction: all of it is committed, or none of it when `work` throws.
 * Inside a transaction that is already open, `work` becomes a part of that one.
 */
export function transaction<T>(database: DatabaseSync, work: () => T): T {
  if (database.isTransaction) return work()
  // IMMEDIATE: a transaction that reads first and then writes could otherwise find its reads outdated.
  database.exec('BEGIN IMMEDIATE')
  try {
    const result = work()
    database.exec('COMMIT')
    return result
  } catch (error) {
    // SQLite rolls back by itself on some errors (a full disk, say).
    if (database.isTransaction) database.exec('ROLLBACK')
    throw error
  }
}
