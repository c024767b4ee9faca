import { join } from 'node:path'
import {
  DATABASE_FILE,
  LocalEngine,
  LocalStreams,
  loadFunctions,
  localEnvironment,
  openDatabase,
  sourceSandboxes,
} from '../../lib/local/index.ts'
import { systemClock } from '../../lib/time/clock.ts'

// Runs the functions of a folder on its store to the end of their streams, if nobody kills it before.
const [, , folder = ''] = process.argv
const database = openDatabase(join(folder, DATABASE_FILE))
const streams = new LocalStreams(database)
const functions = await loadFunctions(folder)
const environment = localEnvironment(database, systemClock, streams)
// A dot for each batch, so that whoever kills it knows how far it is.
const report: typeof environment.report = (batch) => {
  environment.report?.(batch)
  process.stdout.write('.')
}
const sandbox = sourceSandboxes(functions, { ...environment, report })
const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
engine.start()
await engine.ended()
await engine.stop()
