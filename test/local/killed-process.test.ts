import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { bundleFunction } from '../../lib/local/bundle.ts'
import {
  DATABASE_FILE,
  LocalDeadLetters,
  LocalEngine,
  LocalStreams,
  loadFunctions,
  localItems,
  openDatabase,
} from '../../lib/local/index.ts'
import { WorkerSandbox } from '../../lib/local/worker-sandbox.ts'
import { systemClock } from '../../lib/time/clock.ts'

const lib = (file: string): string => JSON.stringify(new URL(`../../lib/${file}`, import.meta.url).pathname)

const FUNCTION = `
import { aggregate, count, keyBy, lambda, map, pipeline, sum, tumbling, window } from ${lib('index.ts')}
import * as dynamodb from ${lib('connectors/dynamodb/index.ts')}
import * as kinesis from ${lib('connectors/kinesis/index.ts')}

const codec = { name: 'number', decode: (bytes: Uint8Array): number => Number(Buffer.from(bytes).toString()) }

export const handler = lambda(
  pipeline(
    'totals',
    kinesis.source({ stream: 'numbers', codec, batch: { size: 4 } }),
    map((value) => {
      if (value === 5) for (;;);
      if (value === 10) process.exit(1)
      return value
    }),
    keyBy(),
    window('hourly', { over: tumbling('1h'), aggregate: aggregate({ n: count(), total: sum((value: number) => value) }) }),
    dynamodb.sink({ table: 'totals', key: ['key'], item: ({ key, value }) => ({ key, ...value }) }),
  ),
)
`

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-killed-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

it('records that hang or end the process become dead letters, and all others count once', async () => {
  const file = join(folder, DATABASE_FILE)
  writeFileSync(join(folder, 'totals.ts'), FUNCTION)
  const { file: bundle } = await bundleFunction(join(folder, 'totals.ts'), join(folder, 'bundles'))
  using database = openDatabase(file)
  const streams = new LocalStreams(database)
  streams.create('numbers', { shards: 1 })
  const records = Array.from({ length: 16 }, (_, n) => ({
    data: Buffer.from(`${n}`),
    partitionKey: 'a',
    arrival: n,
  }))
  streams.put('numbers', records, { end: true })
  const module = new URL('../../lib/local/worker-setup.ts', import.meta.url).href
  const engine = new LocalEngine({
    database,
    streams,
    functions: await loadFunctions(folder),
    clock: systemClock,
    sandbox: () =>
      new WorkerSandbox({
        functionName: 'totals',
        bundle: pathToFileURL(bundle).pathname,
        // Loading the function counts too, on a busy machine.
        timeout: 2_000,
        setup: { module, data: { database: file } },
      }),
  })
  engine.start()
  await engine.ended()
  await engine.stop()
  const expected = Array.from({ length: 16 }, (_, n) => n).filter((n) => n !== 5 && n !== 10)
  expect(Array.from(localItems(database, 'totals'), (item) => JSON.parse(item))).toEqual([
    { key: 'a', n: 14, total: expected.reduce((sum, n) => sum + n) },
  ])
  const letters = Array.from(new LocalDeadLetters(database).letters(), (letter) => JSON.parse(letter))
  expect(letters.map(({ data, error }) => [Buffer.from(data, 'base64').toString(), error.name])).toEqual([
    ['5', 'ProcessKilledError'],
    ['10', 'ProcessKilledError'],
  ])
}, 300_000)
