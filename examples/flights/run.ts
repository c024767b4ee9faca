import { rmSync } from 'node:fs'
import { join } from 'node:path'
import type { DatabaseSync } from 'node:sqlite'
import { fileURLToPath } from 'node:url'
import {
  bundleSandboxes,
  DATABASE_FILE,
  dynamodbEnvironment,
  LocalDeadLetters,
  LocalEngine,
  type LocalFunction,
  LocalStreams,
  LocalTotals,
  loadFunctions,
  localEnvironment,
  openDatabase,
  sourceSandboxes,
} from '../../lib/local/index.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { openEndpoint, prepareTables } from './dynamodb.ts'
import { FlightsProducer } from './flights-producer.ts'
import type { StartOptions } from './options.ts'
import { Rate } from './rate.ts'
import { shareOfBadRecords, storeOfRun } from './run-settings.ts'
import { type PipelineStatus, statusOf } from './status.ts'
import { summary } from './summary.ts'
import { dynamodbTables, embeddedTables, type FlightTables } from './tables.ts'
import { openView } from './view.ts'

const STREAM = 'flights'
const SHARDS = 4
const REFRESH_MS = 200
const FUNCTIONS = fileURLToPath(new URL('../../functions', import.meta.url))

/** How a run ended: with its input, at the limit, or by the user. */
export type RunEnd = 'ended' | 'paused' | 'stopped'

/**
 * Streams the flights through every pipeline of functions/, from where the last run stopped, and shows how
 * far it is.
 * @param folder where the embedded store is
 * @param stop ends the run after the batches in flight; the next one goes on there
 */
export async function runFlights(options: StartOptions, folder: string, stop: AbortSignal): Promise<RunEnd> {
  const file = join(folder, DATABASE_FILE)
  if (options.fresh) for (const part of ['', '-wal', '-shm']) rmSync(`${file}${part}`, { force: true })
  using database = openDatabase(file)
  const bad = shareOfBadRecords(database, options.bad)
  const streams = new LocalStreams(database)
  streams.create(STREAM, { shards: SHARDS })
  const functions = await loadFunctions(FUNCTIONS)
  const { records } = streams.describe(STREAM)
  const { environment, tables } = await openStore(options, { database, streams, functions, records })
  const sandbox = options.bundle
    ? await bundleSandboxes(functions, folder, file)
    : sourceSandboxes(functions, environment)
  const engine = new LocalEngine({
    database,
    streams,
    functions,
    clock: systemClock,
    sandbox,
  })
  const totals = new LocalTotals(database)
  const letters = new LocalDeadLetters(database)
  const producer = new FlightsProducer(
    { database: file, limit: options.limit, speed: options.speed, bad },
    records,
  )
  const view = openView(process.stdout)
  const rate = new Rate()
  const status = (): PipelineStatus[] =>
    functions.map(({ handler }) => statusOf(handler.pipeline, totals, letters))
  const refresh = (): void => {
    const done = streams.describe(STREAM).records - engine.lag()
    producer.done(done)
    const { produced, total } = producer
    view.show({ produced, total, done, rate: rate.of(done), pipelines: status() })
  }
  engine.start()
  const timer = setInterval(refresh, REFRESH_MS)
  try {
    const end = await Promise.race([
      engine.ended().then(() => 'ended' as const),
      producer.paused().then(() => caughtUp(engine)),
      aborted(stop),
    ])
    await producer.stop()
    await engine.stop()
    refresh()
    view.close()
    process.stdout.write(`\n${summary(status(), await tables.airportHours())}\n`)
    return end
  } finally {
    clearInterval(timer)
  }
}

interface Run {
  readonly database: DatabaseSync
  readonly streams: LocalStreams
  readonly functions: readonly LocalFunction[]
  /** records that the run has put before */
  readonly records: number
}

/** Where the run keeps state and tables: what connects the functions to it, and what looks into the tables. */
async function openStore(
  { endpoint, fresh }: StartOptions,
  run: Run,
): Promise<{ environment: Environment; tables: FlightTables }> {
  const { database, streams } = run
  if (endpoint === undefined) {
    storeOfRun(database, 'embedded', run.records)
    return { environment: localEnvironment(database, systemClock, streams), tables: embeddedTables(database) }
  }
  const client = await openEndpoint(endpoint)
  await prepareTables(client, { ...run, fresh })
  return {
    environment: dynamodbEnvironment(database, systemClock, { client, streams }),
    tables: dynamodbTables(client),
  }
}

/** The stream stays open: what a batch waits for may not come any more, so ask until nothing is left. */
async function caughtUp(engine: LocalEngine): Promise<'paused'> {
  while (engine.lag() > 0) await systemClock.sleep(REFRESH_MS / 4)
  return 'paused'
}

const aborted = (signal: AbortSignal): Promise<'stopped'> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve('stopped')
    else signal.addEventListener('abort', () => resolve('stopped'), { once: true })
  })
