import { ConfigurationError } from '../core/errors.ts'
import { localItems } from '../local/local-table.ts'
import { LocalPipelines } from '../local/pipelines.ts'
import { openLocalStore } from './local-store.ts'

/** What came too late for a pipeline's windows, from the tables of their `late` sinks, as JSON lines. */
export function* late(folder: string, [pipeline]: readonly string[]): Generator<string> {
  const database = openLocalStore(folder)
  const pipelines = new LocalPipelines(database).all()
  const found = pipelines.get(pipeline ?? '')
  if (found === undefined) {
    throw new ConfigurationError(
      `${pipeline === undefined ? 'no pipeline given' : `no pipeline '${pipeline}' has run here`}: expected one of ${[...pipelines.keys()].join(', ')}`,
      { pipeline },
    )
  }
  if (found.late.length === 0) {
    throw new ConfigurationError(
      `pipeline '${pipeline}' has no 'late' sink: its late elements are dead letters; see 'millrace dead-letters ${pipeline}'`,
      { pipeline },
    )
  }
  for (const table of found.late) yield* localItems(database, table)
}
