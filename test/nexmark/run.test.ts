import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { dataSets, linesOf } from '../../bench/nexmark/generator/data-sets.ts'
import { readLines, writeLines } from '../../bench/nexmark/lines.ts'
import { parseCommand } from '../../bench/nexmark/options.ts'
import { runQuery } from '../../bench/nexmark/run.ts'
import { rowsOfFlink } from './data-sets.ts'

let folder: string
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-nexmark-'))
})
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test.each(['events.jsonl', 'events.jsonl.gz'])('a query runs over the events of %s', async (name) => {
  const file = join(folder, name)
  await writeLines(linesOf(dataSets.tiny), file)
  expect(await runQuery('q2', readLines(file))).toEqual(rowsOfFlink('tiny', 'q2'))
})

test('a query without keys runs on any number of shards', async () => {
  const file = join(folder, 'sharded.jsonl')
  await writeLines(linesOf(dataSets.tiny), file)
  expect(await runQuery('q2', readLines(file), 3)).toEqual(rowsOfFlink('tiny', 'q2'))
})

test('a query with keys of its own runs on any number of shards, through exchanges', async () => {
  const file = join(folder, 'exchanged.jsonl')
  await writeLines(linesOf(dataSets.tiny), file)
  expect(await runQuery('q5', readLines(file), 2)).toEqual(rowsOfFlink('tiny', 'q5'))
}, 60_000)

test('a line that is no event ends the run with the reason', async () => {
  const file = join(folder, 'broken.jsonl')
  await writeLines(['{"event_type":2,"bid":{"dateTime":"2015-07-15 00:00:00"}}'], file)
  await expect(runQuery('q2', readLines(file))).rejects.toThrow(
    'source refused an event: the record does not fit the schema',
  )
})

test('a file that is not there ends the lines with its error', async () => {
  const lines = readLines(join(folder, 'none.jsonl.gz'))
  await expect(lines.next()).rejects.toThrow('ENOENT')
})

test('the command line asks for a query over a file', () => {
  expect(parseCommand(['q2', '--events', 'e.jsonl', '--shards', '4', '--out', 'rows.jsonl'])).toEqual({
    name: 'run',
    query: 'q2',
    file: 'e.jsonl',
    shards: 4,
    out: 'rows.jsonl',
  })
  expect(parseCommand(['q2', '--events', 'e.jsonl'])).toMatchObject({ shards: 1, out: undefined })
})

test('the command line asks for events', () => {
  expect(parseCommand(['generate', '--events', '10', '--rate', '5', '--out-of-order'])).toEqual({
    name: 'generate',
    set: { events: 10, rate: 5, outOfOrder: true },
    out: undefined,
  })
})

test('without a word it asks for help', () => {
  expect(parseCommand([])).toEqual({ name: 'help' })
})

test.each([
  [['q6', '--events', 'e'], "there is no query or command 'q6'"],
  [['q2'], "'--events' is missing"],
  [['q2', 'q5', '--events', 'e'], "'q5' is one word too many after 'q2'"],
  [['q2', '--events', 'e', '--shards', '0'], "'--shards' is '0': expected a whole number, at least 1"],
  [['generate', '--events', 'x', '--rate', '1'], "'--events' is 'x': expected a whole number"],
  [['generate', '--events', '1'], "'--rate' is ''"],
  [['q2', '--event', 'e'], "Unknown option '--event'"],
])('%j is refused', (args, reason) => {
  expect(() => parseCommand(args)).toThrow(reason)
})
