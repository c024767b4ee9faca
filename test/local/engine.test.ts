import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
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
import { merge } from '../../lib/operators/merge.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { all, readings, readingsOf, readingsOfOneShard } from '../support/readings.ts'

const FUNCTIONS = fileURLToPath(new URL('../../functions', import.meta.url))

let folder: string
let file: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-engine-'))
  file = join(folder, DATABASE_FILE)
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const flight = (minute: number, delay: number, origin = 'LAX') => ({
  data: Buffer.from(
    JSON.stringify({ origin, destination: 'JFK', scheduled: new Date(minute * 60_000).toISOString(), delay }),
  ),
  partitionKey: origin,
  arrival: (minute + Math.max(0, delay)) * 60_000,
})

async function runToTheEnd(mode: 'source' | 'bundle'): Promise<void> {
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  streams.create('flights', { shards: 2 })
  streams.put('flights', [
    flight(10, 0),
    flight(59, 700),
    { data: Buffer.from('{'), partitionKey: 'LAX', arrival: 0 },
    flight(60, 20, 'JFK'),
  ])
  streams.end('flights')
  const functions = await loadFunctions(FUNCTIONS)
  const sandbox: EngineSettings['sandbox'] =
    mode === 'bundle'
      ? await bundleSandboxes(functions, folder, file)
      : sourceSandboxes(functions, localEnvironment(database, systemClock))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  engine.start()
  await engine.ended()
  await engine.stop()
}

const items = (table: string): unknown[] => {
  using database = openDatabase(file)
  return Array.from(localItems(database, table), (item) => JSON.parse(item))
}

describe.each(['source', 'bundle'] as const)('functions in %s mode', (mode) => {
  it('take every record of an ended stream to their tables, and every window closes', async () => {
    await runToTheEnd(mode)
    expect(items('airport-delays')).toEqual([
      { airport: 'JFK', hour: 3_600_000, flights: 1, meanDelay: 20, worst: 20, over15: 1 },
      { airport: 'LAX', hour: 0, flights: 2, meanDelay: 350, worst: 700, over15: 0.5 },
    ])
    expect(items('long-delays')).toEqual([
      expect.objectContaining({
        origin: 'LAX',
        delay: 700,
        hours: 11,
        id: expect.stringContaining('long-delays/'),
      }),
    ])
  })

  it('are counted, with the record that could not be decoded among the dead letters', async () => {
    await runToTheEnd(mode)
    using database = openDatabase(file)
    const totals = new LocalTotals(database)
    const counters = (name: string) => sumCounters(totals.tasks(name).map((task) => task.counters))
    expect(counters('airport-delays').source).toMatchObject({ passed: 3, failed: 1 })
    expect(counters('airport-delays').hourly).toMatchObject({ onTime: 3, closedPanes: 2 })
    expect(counters('long-delays').source).toMatchObject({ passed: 3, failed: 1 })
    expect(counters('long-delays').filter).toMatchObject({ passed: 1, filtered: 2 })
    const letters = Array.from(new LocalDeadLetters(database).letters(), (letter) => JSON.parse(letter))
    expect(letters.map(({ pipeline, data }) => [pipeline, Buffer.from(data, 'base64').toString()])).toEqual([
      ['airport-delays', '{'],
      ['long-delays', '{'],
    ])
  })
})

it('a run that is over changes nothing when it is started again', async () => {
  await runToTheEnd('source')
  const before = items('airport-delays')
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  const functions = await loadFunctions(FUNCTIONS)
  const sandbox = sourceSandboxes(functions, localEnvironment(database, systemClock))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  engine.start()
  await engine.ended()
  await engine.stop()
  expect(items('airport-delays')).toEqual(before)
})

it('a mapping made anew, which delivers everything again, changes nothing', async () => {
  await runToTheEnd('source')
  const before = [items('airport-delays'), items('late-flights'), items('long-delays')]
  using database = openDatabase(file)
  database.exec('DELETE FROM local_mapping_positions')
  const streams = new LocalStreams(database)
  const functions = await loadFunctions(FUNCTIONS)
  const sandbox = sourceSandboxes(functions, localEnvironment(database, systemClock))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  engine.start()
  await engine.ended()
  await engine.stop()
  expect([items('airport-delays'), items('late-flights'), items('long-delays')]).toEqual(before)
})

it("a function whose source declares 'shards: 1' is not started on a stream with more", () => {
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  streams.create('readings', { shards: 2 })
  const functions = [{ file: 'p.ts', handler: lambda(pipeline('p', readingsOfOneShard(), all())) }]
  const sandbox = sourceSandboxes(functions, localEnvironment(database, systemClock))
  expect(() => new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })).toThrow(
    `the source of pipeline 'p' declares 'shards: 1', and the stream 'readings' has 2 shards: start it with one`,
  )
})

it('a function that reads two streams has a mapping for each', async () => {
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  for (const [name, shards] of [
    ['readings', 2],
    ['others', 1],
  ] as const) {
    streams.create(name, { shards })
    streams.put(name, [{ data: Buffer.from(`${name} 0 1`), partitionKey: 'a' }], { end: true })
  }
  const merged = pipeline('merged', merge(readings(), readingsOf('others')), all())
  const functions = [{ file: '', handler: lambda(merged) }]
  const sandbox = sourceSandboxes(functions, localEnvironment(database, systemClock))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  expect(engine.lag()).toBe(2)
  engine.start()
  await engine.ended()
  await engine.stop()
  expect(engine.lag()).toBe(0)
  expect(items('out')).toHaveLength(2)
  expect(new LocalTotals(database).tasks('merged')).toHaveLength(3)
})
