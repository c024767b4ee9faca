import { expect, test } from 'vitest'
import { addCounters, newCounters } from '../../../lib/core/counters.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { window } from '../../../lib/operators/window.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { all, readings } from '../../support/readings.ts'
import { put, World } from '../../support/state-world.ts'

const code = pipeline(
  'p',
  readings('5ms'),
  keyBy(),
  window('w', { over: tumbling('10ms'), aggregate: count(), late: 'drop' }),
  all(),
)

const records = Array.from({ length: 20 }, (_, n) => put(n * 5 - (n % 4) * 6 + 20, n))

test('counters are what the batch added, totals what all have, over redeliveries and restarts', async () => {
  const world = new World(code)
  let sandbox = world.sandbox()
  const sums = newCounters()
  for (const [index, range] of (
    [
      [0, 4],
      [2, 9],
      [2, 9],
      [5, 6],
      [8, 15],
      [0, 20],
    ] as const
  ).entries()) {
    if (index % 2 === 1) sandbox = world.sandbox()
    await world.deliver(sandbox, records, range)
    const report = world.reports.at(-1)
    addCounters(sums, report?.counters.w ?? newCounters())
    expect(report?.totals?.w).toEqual(sums)
    expect(report?.totals?.source).toMatchObject({
      passed: Math.max(4, ...[4, 9, 9, 9, 15, 20].slice(0, index + 1)),
    })
  }
  const plain = new World(code)
  await plain.deliver(plain.sandbox(), records)
  expect(world.totals()).toEqual(plain.totals())
})

test('a report says what was in the batch, and how far time is', async () => {
  const world = new World(code)
  const sandbox = world.sandbox()
  await world.deliver(sandbox, [put(20), put(40, 1, 'b'), { ...put(41), data: 'nonsense' }])
  expect(world.reports).toEqual([
    {
      pipeline: 'p',
      task: 'p/w/g1000m64/readings/shardId-000000000000',
      stream: 'readings',
      shardId: 'shardId-000000000000',
      records: 3,
      redelivered: 0,
      counters: expect.objectContaining({ source: { ...newCounters(), passed: 2, failed: 1 } }),
      totals: expect.objectContaining({ source: { ...newCounters(), passed: 2, failed: 1 } }),
      deadLetters: 1,
      milliseconds: expect.any(Number),
      watermark: 34,
      watermarkLag: 41 - 34,
      commitConflicts: 0,
      stateSize: 1,
    },
  ])
})

test('a batch that failed is not reported, and does not show in the totals', async () => {
  const world = new World(code)
  const sandbox = world.sandbox()
  await world.deliver(sandbox, records, [0, 5])
  await world.deliver(sandbox, records, [5, 10], { at: 0, when: 'before', how: 'fatal' })
  expect(world.reports).toHaveLength(1)
  await world.deliver(sandbox, records, [5, 10])
  expect(world.totals()?.source).toMatchObject({ passed: 10 })
})
