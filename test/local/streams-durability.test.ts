import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalStreams } from '../../lib/local/streams.ts'

const CHILD = fileURLToPath(new URL('./put-until-killed.ts', import.meta.url))

/** Waits until the child has put a few times, and kills it in the middle of whatever it does. */
async function killAfterPuts(child: ChildProcess, puts: number): Promise<void> {
  const exit = once(child, 'exit')
  let seen = 0
  child.stdout?.on('data', (dots: Buffer) => {
    seen += dots.length
    if (seen >= puts) child.kill('SIGKILL')
  })
  const [, signal] = await exit
  expect(signal).toBe('SIGKILL')
}

test('After a kill in the middle of puts, the records and the offset of the producer agree', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  const path = join(folder, 'deep', 'local.db')

  let before = 0
  for (const puts of [3, 20]) {
    await killAfterPuts(
      spawn(process.execPath, [CHILD, path], { stdio: ['ignore', 'pipe', 'inherit'] }),
      puts,
    )
    const database = openDatabase(path)
    const streams = new LocalStreams(database)
    const { shards, records } = streams.describe('s')
    const offset = streams.producerOffset('s', 'p')
    expect(offset).toBe(records)
    expect(records).toBeGreaterThan(before)
    before = records

    const numbers = shards.flatMap(({ shardId }) =>
      streams
        .read('s', shardId, -1, { records: records, bytes: Number.POSITIVE_INFINITY })
        .map(({ body, start, end }) => Number(body.toString('utf8', start, end))),
    )
    expect(numbers.sort((a, b) => a - b)).toEqual(Array.from({ length: records }, (_, i) => i))
    database.close()
  }
}, 30_000)
