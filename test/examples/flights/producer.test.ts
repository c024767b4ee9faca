import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ProducerData, ProducerReport } from '../../../examples/flights/producer-messages.ts'
import { openDatabase } from '../../../lib/local/database.ts'
import { LocalStreams } from '../../../lib/local/streams.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-producer-'))
const database = openDatabase(join(folder, 'state.sqlite'))
const streams = new LocalStreams(database)

/** Runs the producer up to `limit`, to its end or until it has reported `stopAt` flights. */
async function produce(limit: number, stopAt = Number.POSITIVE_INFINITY): Promise<ProducerReport[]> {
  const workerData: ProducerData = {
    database: join(folder, 'state.sqlite'),
    limit,
    speed: Number.POSITIVE_INFINITY,
    bad: 0,
  }
  const worker = new Worker(new URL('../../../examples/flights/producer.ts', import.meta.url), { workerData })
  const reports: ProducerReport[] = []
  worker.postMessage({ type: 'credit', records: 100_000 })
  worker.on('message', (report: ProducerReport) => {
    reports.push(report)
    if (report.type === 'progress' && report.offset >= stopAt) worker.postMessage({ type: 'stop' })
  })
  await new Promise((resolve, reject) => worker.on('exit', resolve).on('error', reject))
  return reports
}

beforeAll(() => streams.create('flights', { shards: 4 }))
afterAll(() => {
  database.close()
  rmSync(folder, { recursive: true })
})

// Each start of the producer reads the whole file
describe('the producer', { timeout: 60_000 }, () => {
  it('pauses after the limit, goes on where it was, and does not end the stream', async () => {
    const total = 3_000_000
    expect(await produce(3_000)).toEqual([
      { type: 'progress', offset: 0, total },
      { type: 'progress', offset: 3_000, total },
      { type: 'paused' },
    ])
    expect(await produce(10_000)).toEqual([
      { type: 'progress', offset: 3_000, total },
      { type: 'progress', offset: 8_000, total },
      { type: 'progress', offset: 10_000, total },
      { type: 'paused' },
    ])
    expect(streams.describe('flights')).toMatchObject({ records: 10_000, ended: false })
  })

  it('stops when asked, with every flight before its offset in the stream and none after', async () => {
    const reports = await produce(Number.POSITIVE_INFINITY, 15_000)
    expect(reports.at(-1)).toMatchObject({ type: 'progress' })
    const offset = streams.producerOffset('flights', 'flights-3m')
    expect(reports.at(-1)).toMatchObject({ offset })
    expect(streams.describe('flights')).toMatchObject({ records: offset, ended: false })
  })

  it('marks the stream as ended when the last flight is in', async () => {
    // As if all had been put: what is left to do is the mark
    streams.put('flights', [], { producer: { name: 'flights-3m', offset: 3_000_000 } })
    expect((await produce(3_000_000)).at(-1)).toEqual({ type: 'ended' })
    expect(streams.ended('flights')).toBe(true)
  })
})
