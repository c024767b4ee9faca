import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../../lib/core/errors.ts'

/**
 * The share of bad records of the run in this store: fixed by its first start, since records once put stay.
 * @param given what the flags ask for, if anything
 * @throws ConfigurationError if the run was started with another share
 */
export function shareOfBadRecords(database: DatabaseSync, given: number | undefined): number {
  database.exec('CREATE TABLE IF NOT EXISTS flights_run (bad REAL NOT NULL)')
  const row = database.prepare('SELECT bad FROM flights_run').get() as { bad: number } | undefined
  if (row === undefined) {
    database.prepare('INSERT INTO flights_run VALUES (?)').run(given ?? 0)
    return given ?? 0
  }
  if (given === undefined || given === row.bad) return row.bad
  throw new ConfigurationError(
    `'--bad' is '${given}', and this run was started with ${row.bad}: leave it away to go on, or start anew with --fresh --bad ${given}`,
    { given, bad: row.bad },
  )
}

/** Where a run keeps state and tables. */
export type RunStore = 'embedded' | 'dynamodb'

/**
 * Notes where the run keeps its state: fixed by its first start.
 * @param records how many the run has put so far
 * @returns whether it was noted before
 * @throws ConfigurationError if the run has begun elsewhere
 */
export function storeOfRun(database: DatabaseSync, given: RunStore, records: number): boolean {
  database.exec('CREATE TABLE IF NOT EXISTS flights_store (store TEXT NOT NULL)')
  const row = database.prepare('SELECT store FROM flights_store').get() as { store: RunStore } | undefined
  const known = row?.store ?? (records > 0 ? 'embedded' : undefined)
  if (known === undefined) database.prepare('INSERT INTO flights_store VALUES (?)').run(given)
  if (known === undefined || known === given) return known !== undefined
  throw new ConfigurationError(
    `'--store' is '${given}', and this run keeps its state in '${known}': go on with --store ${known}, or start anew with --fresh`,
    { given, known },
  )
}
