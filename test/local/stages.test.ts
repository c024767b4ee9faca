import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  bundleSandboxes,
  DATABASE_FILE,
  type EngineSettings,
  LocalDeadLetters,
  LocalEngine,
  LocalStreams,
  LocalTotals,
  loadFunctions,
  localEnvironment,
  localItems,
  openDatabase,
  sourceSandboxes,
  sumCounters,
} from '../../lib/local/index.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { numbers, totalsOf, twoStages } from '../support/two-stages.ts'

const RUN = fileURLToPath(new URL('run-until-killed.ts', import.meta.url))

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-stages-'))
  file = join(folder, DATABASE_FILE)
  writeFileSync(join(folder, 'totals.ts'), twoStages())
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

function put(count: number): void {
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  streams.create('numbers', { shards: 3 })
  streams.put('numbers', numbers(count), { end: true })
}

async function runToTheEnd(mode: 'source' | 'bundle'): Promise<void> {
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  const functions = await loadFunctions(folder)
  const sandbox: EngineSettings['sandbox'] =
    mode === 'bundle'
      ? await bundleSandboxes(functions, folder, file)
      : sourceSandboxes(functions, localEnvironment(database, systemClock, streams))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  engine.start()
  await engine.ended()
  await engine.stop()
}

const items = (): unknown[] => {
  using database = openDatabase(file)
  return Array.from(localItems(database, 'totals'), (item) => JSON.parse(item))
}

describe.each(['source', 'bundle'] as const)('a pipeline of two stages in %s mode', (mode) => {
  it('is run to its end, and a run that is over changes nothing when it is started again', async () => {
    put(1_500)
    await runToTheEnd(mode)
    expect(items()).toEqual(totalsOf(1_500))
    await runToTheEnd(mode)
    expect(items()).toEqual(totalsOf(1_500))
    using database = openDatabase(file)
    const counters = sumCounters(new LocalTotals(database).tasks('totals').map((task) => task.counters))
    expect(counters).toMatchObject({
      source: { passed: 1_500 },
      keyBy: { passed: 1_500 },
      'exchange by-digit': { passed: 1_500 },
      'by-digit': { onTime: 1_500, closedPanes: 20 },
    })
    expect([...new LocalDeadLetters(database).letters()]).toEqual([])
  }, 60_000)
})

it('a process that is killed again and again comes to the same table', async () => {
  put(4_000)
  for (const batches of [1, 7, 40, 20]) {
    const run = spawn(process.execPath, [RUN, folder], { stdio: ['ignore', 'pipe', 'inherit'] })
    let seen = 0
    run.stdout.on('data', (dots: Buffer) => {
      seen += dots.length
      if (seen >= batches) run.kill('SIGKILL')
    })
    expect(await once(run, 'exit')).toEqual([null, 'SIGKILL'])
  }
  await runToTheEnd('source')
  expect(items()).toEqual(totalsOf(4_000))
}, 60_000)
