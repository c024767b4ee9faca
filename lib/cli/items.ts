import { ConfigurationError } from '../core/errors.ts'
import { localItems } from '../local/local-table.ts'
import { LocalPipelines } from '../local/pipelines.ts'
import { openLocalStore } from './local-store.ts'

/** The items of a local table, by key, as JSON lines. */
export function* items(folder: string, [table]: readonly string[]): Generator<string> {
  const database = openLocalStore(folder)
  const tables = [...new LocalPipelines(database).all().values()].flatMap((each) => each.tables)
  if (table === undefined || !tables.includes(table)) {
    throw new ConfigurationError(
      `${table === undefined ? 'no table given' : `there is no local table '${table}'`}: expected one of ${tables.join(', ')}`,
      { table, tables },
    )
  }
  yield* localItems(database, table)
}
