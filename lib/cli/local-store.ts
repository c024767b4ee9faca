import { existsSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../core/errors.ts'
import { DATABASE_FILE, openDatabase } from '../local/database.ts'

/** Opens the embedded store of earlier runs. @throws ConfigurationError if there is none */
export function openLocalStore(folder: string): DatabaseSync {
  const file = join(folder, DATABASE_FILE)
  if (existsSync(file)) return openDatabase(file)
  throw new ConfigurationError(
    `there is no local store at '${file}': run the pipelines first (npm start), or name its folder with --data`,
    { file },
  )
}
