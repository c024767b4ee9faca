import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { DATABASE_FILE, LocalTotals, openDatabase, sumCounters } from '../../lib/local/index.ts'
import { jsonLines } from './airport-hour.ts'
import { openEndpoint } from './dynamodb.ts'
import { straightComputation } from './straight.ts'
import { dynamodbTables, embeddedTables } from './tables.ts'

// Runs `npm start` in an empty folder, kills it at random moments if asked to, and compares the table and
// the outcomes with the straight computation: to the byte.

const START = fileURLToPath(new URL('./start.ts', import.meta.url))

interface CheckOptions {
  readonly limit: number
  readonly kills: number
  readonly bad: number
  /** of the DynamoDB where state and tables are, if they are in one */
  readonly endpoint: string | undefined
  /** flags that are handed on */
  readonly flags: readonly string[]
}

/** @returns what differs; empty if nothing does */
async function check({ limit, kills, bad, endpoint, flags }: CheckOptions): Promise<string[]> {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-flights-'))
  try {
    const store = endpoint === undefined ? [] : ['--store', 'dynamodb', '--endpoint', endpoint]
    const args = ['--limit', String(limit), '--bad', String(bad), ...store, ...flags]
    for (let kill = 0; kill < kills; kill++) await runAndKill(folder, args, 1_000 + Math.random() * 3_000)
    const code = await exitOf(start(folder, args))
    if (code !== 0) return [`npm start ended with exit code ${code}`]
    return await differences(join(folder, '.millrace', DATABASE_FILE), { limit, bad, endpoint })
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}

async function differences(
  file: string,
  { limit, bad, endpoint }: Pick<CheckOptions, 'limit' | 'bad' | 'endpoint'>,
): Promise<string[]> {
  const expected = await straightComputation({ limit, bad })
  using database = openDatabase(file)
  const tables =
    endpoint === undefined ? embeddedTables(database) : dynamodbTables(await openEndpoint(endpoint))
  const items = await tables.airportHours()
  const found: string[] = []
  const compare = (what: string, actual: unknown, wanted: unknown): void => {
    if (actual !== wanted) found.push(`${what}: ${actual}, expected ${wanted}`)
  }
  const late = await tables.lateFlights()
  const counters = sumCounters(new LocalTotals(database).tasks('airport-delays').map((task) => task.counters))
  compare('items', items.length, expected.items.length)
  compare('table equal to the byte', jsonLines(items) === jsonLines(expected.items), true)
  compare('late flights', late, expected.lateCount)
  compare('on time', counters.hourly?.onTime, expected.counts.onTime)
  compare('updated', counters.hourly?.updated, expected.counts.updated)
  compare('late', counters.hourly?.late, expected.counts.late)
  compare('failed', counters.source?.failed, expected.counts.failed)
  compare('panes of closed windows', counters.hourly?.closedPanes, expected.panes.onTime)
  compare('panes of updates', counters.hourly?.updatedPanes, expected.panes.updated)
  process.stdout.write(`${items.length} items and ${late} late flights compared\n`)
  return found
}

async function runAndKill(folder: string, args: readonly string[], after: number): Promise<void> {
  const child = start(folder, args)
  const timer = setTimeout(() => child.kill('SIGKILL'), after)
  const code = await exitOf(child)
  clearTimeout(timer)
  process.stdout.write(`run ended after ${Math.round(after)} ms by ${code === null ? 'kill -9' : 'itself'}\n`)
}

const start = (folder: string, args: readonly string[]): ChildProcess =>
  spawn(process.execPath, [...process.execArgv, START, ...args], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'inherit'],
  })

async function exitOf(child: ChildProcess): Promise<number | null> {
  const [code] = (await once(child, 'exit')) as [number | null]
  return code
}

const { values } = parseArgs({
  options: {
    limit: { type: 'string', default: '200000' },
    kills: { type: 'string', default: '0' },
    bad: { type: 'string', default: '0' },
    bundle: { type: 'boolean', default: false },
    store: { type: 'string', default: 'embedded' },
    endpoint: { type: 'string' },
  },
})
const found = await check({
  limit: Number(values.limit),
  kills: Number(values.kills),
  bad: Number(values.bad),
  endpoint:
    values.store === 'dynamodb' ? (values.endpoint ?? process.env.DYNAMODB_LOCAL_ENDPOINT) : undefined,
  flags: values.bundle ? ['--bundle'] : [],
})
for (const difference of found) process.stdout.write(`DIFFERS: ${difference}\n`)
process.stdout.write(found.length === 0 ? 'equal to the straight computation\n' : 'not equal\n')
process.exitCode = found.length === 0 ? 0 : 1
