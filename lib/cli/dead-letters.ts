import { ConfigurationError } from '../core/errors.ts'
import { LocalDeadLetters } from '../local/local-dead-letters.ts'
import { LocalPipelines } from '../local/pipelines.ts'
import { openLocalStore } from './local-store.ts'

/** The dead letters of one pipeline or of all, as JSON lines. */
export function* deadLetters(folder: string, [pipeline]: readonly string[]): Generator<string> {
  const database = openLocalStore(folder)
  const names = [...new LocalPipelines(database).all().keys()]
  if (pipeline !== undefined && !names.includes(pipeline)) {
    throw new ConfigurationError(
      `no pipeline '${pipeline}' has run here: expected one of ${names.join(', ')}`,
      { pipeline, names },
    )
  }
  yield* new LocalDeadLetters(database).letters(pipeline)
}
