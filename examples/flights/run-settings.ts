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
