import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, it } from 'vitest'
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

const root = fileURLToPath(new URL('../..', import.meta.url))
let folder: string

const flight = (scheduled: string, delay = 0) => ({
  data: Buffer.from(JSON.stringify({ origin: 'LAX', destination: 'JFK', scheduled, delay })),
  partitionKey: 'LAX',
  arrival: Date.parse(scheduled),
})

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-cli-'))
  using database = openDatabase(join(folder, DATABASE_FILE))
  const streams = new LocalStreams(database)
  streams.create('flights', { shards: 1 })
  streams.put('flights', [
    flight('2001-01-01T08:10:00Z'),
    flight('2001-01-01T16:10:00Z'),
    flight('2001-01-01T08:20:00Z'),
    { data: Buffer.from('not json'), partitionKey: 'LAX', arrival: 0 },
  ])
  streams.end('flights')
  const functions = await loadFunctions(join(root, 'functions'))
  const sandbox = sourceSandboxes(functions, localEnvironment(database, systemClock))
  const engine = new LocalEngine({ database, streams, functions, sandbox, clock: systemClock })
  engine.start()
  await engine.ended()
  await engine.stop()
})

afterAll(() => rmSync(folder, { recursive: true, force: true }))

function millrace(...args: string[]): {
  text: string
  lines: Record<string, unknown>[]
  errors: string
  code: number | null
} {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['-C', '@millrace/source', join(root, 'lib/cli/millrace.ts'), ...args, '--data', folder],
    { encoding: 'utf8', cwd: root },
  )
  const lines = stdout.startsWith('{')
    ? stdout
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line))
    : []
  return { text: stdout, lines, errors: stderr, code: status }
}

it('items prints a table by key', () => {
  const { lines, code } = millrace('items', 'airport-delays')
  expect(lines.map(({ airport, hour }) => [airport, new Date(Number(hour)).getUTCHours()])).toEqual([
    ['LAX', 8],
    ['LAX', 16],
  ])
  expect(code).toBe(0)
})

it('late prints what came too late', () => {
  expect(millrace('late', 'airport-delays').lines).toEqual([
    expect.objectContaining({ airport: 'LAX', scheduled: '2001-01-01T08:20:00Z' }),
  ])
})

it('dead-letters prints what could not be processed, of one pipeline or of all', () => {
  const { lines } = millrace('dead-letters', 'airport-delays')
  expect(lines).toEqual([
    expect.objectContaining({
      pipeline: 'airport-delays',
      operator: 'source',
      partitionKey: 'LAX',
      data: Buffer.from('not json').toString('base64'),
    }),
  ])
  expect(millrace('dead-letters').lines.map(({ pipeline }) => pipeline)).toEqual([
    'airport-delays',
    'long-delays',
  ])
})

it('explain prints what a function is made of', () => {
  const { text, code } = millrace('explain', 'functions/long-delays.ts')
  expect(text).toContain(
    "pipeline 'long-delays'\n└─ stage without state: a task for each shard of 'flights'\n",
  )
  expect(code).toBe(0)
  expect(millrace('explain', 'functions/long-delays.ts', '--mermaid').text).toMatch(/^flowchart LR\n/)
})

it.each([
  [['items', 'nothing'], /no local table 'nothing': expected one of airport-delays/],
  [['items'], /no table given: expected one of/],
  [['late', 'long-delays'], /'long-delays' has no 'late' sink/],
  [['late', 'nothing'], /no pipeline 'nothing' has run here: expected one of airport-delays, long-delays/],
  [['dead-letters', 'nothing'], /no pipeline 'nothing' has run here/],
  [['itms'], /no command 'itms': expected one of items, late, dead-letters/],
  [['items', '--tabel'], /--tabel/],
])('%j is refused with what was expected', (args, message) => {
  const { errors, code } = millrace(...args)
  expect(errors).toMatch(message)
  expect(code).toBe(2)
})

it('a folder without a store is named', () => {
  const missing = join(folder, 'elsewhere')
  const { stderr } = spawnSync(
    process.execPath,
    ['-C', '@millrace/source', join(root, 'lib/cli/millrace.ts'), 'items', 'x', '--data', missing],
    { encoding: 'utf8', cwd: root },
  )
  expect(stderr).toContain(`there is no local store at '${join(missing, DATABASE_FILE)}'`)
})
