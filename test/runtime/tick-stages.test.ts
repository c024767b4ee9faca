import { expect, test } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, reading, readings, run } from '../support/readings.ts'

const MINUTE = 60_000

const exchanged = () =>
  pipeline(
    'p',
    readings(),
    keyBy(({ n }) => `${n}`),
    window('w', { over: tumbling('1m'), aggregate: count(), late: 'drop' }),
    all(),
  )

/** Of two shards, the first and the second. */
const [FIRST, SECOND] = ['a', 'b'] as const

test('the keys of this test are of two shards', async () => {
  const driven = run(exchanged(), { shards: 2 })
    .send(reading(0, 1, FIRST))
    .send(reading(0, 1, SECOND))
  const shards = (await driven.reports())
    .filter(({ stream }) => stream === 'readings')
    .map((each) => each.shardId)
  expect(shards).toEqual(['shardId-000000000000', 'shardId-000000000001'])
})

test('windows behind an exchange close in silence', async () => {
  const driven = run(exchanged()).send(reading(0))
  expect(await emitted(driven.advance('1m'))).toEqual([])
  expect(await emitted(driven.advance('2m'))).toMatchObject([{ start: 0, value: 1 }])
})

test('a shard that never had a record holds them open until it is known to be idle', async () => {
  const driven = run(exchanged(), { shards: 2 }).send(reading(0, 1, FIRST), reading(2 * MINUTE, 1, FIRST))
  expect(await emitted(driven)).toEqual([])
  expect(await emitted(driven.advance('1m').send(reading(2.5 * MINUTE, 1, FIRST)))).toMatchObject([
    { start: 0, value: 1 },
  ])
})

test('it says so once, and its outputs are delivered once more, as any that nothing follows', async () => {
  const frames = async (silence: Duration): Promise<number> => {
    const driven = run(exchanged(), { shards: 2, exchangeShards: 3 }).advance(silence)
    const received = (await driven.reports()).filter(({ stream }) => stream === 'p.w')
    return received.reduce((sum, { records }) => sum + records, 0)
  }
  expect(await frames('1m')).toBe(2 * 3)
  expect(await frames('2m')).toBe(2 * 2 * 3)
  expect(await frames('20m')).toBe(2 * 2 * 3)
})

test('when it has records after all, time waits for it again, and does not go back', async () => {
  const driven = run(exchanged(), { shards: 2 })
    .send(reading(0, 1, FIRST))
    .advance('1m')
    .send(reading(2 * MINUTE, 2, FIRST))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1 }])
  driven.send(reading(0, 1, SECOND), reading(2 * MINUTE + 1, 2, SECOND))
  driven.send(reading(5 * MINUTE, 2, FIRST))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1 }])
  driven.send(reading(5 * MINUTE, 2, SECOND))
  expect(await emitted(driven)).toMatchObject([
    { start: 0, value: 1 },
    { start: 2 * MINUTE, value: 2 },
  ])
})

test('when all are idle, time stands still', async () => {
  const driven = run(exchanged(), { shards: 2 })
    .advance('10m')
    .send(reading(10 * MINUTE, 1, FIRST))
  expect(await emitted(driven)).toEqual([])
  expect(await emitted(driven.advance('3m'))).toMatchObject([{ value: 1 }])
})

test('when nothing is open in any stage, time stands still, and goes on when something is', async () => {
  const driven = run(exchanged(), { shards: 2 })
    .send(reading(0, 1, FIRST))
    .advance('6m')
  expect(await emitted(driven)).toHaveLength(1)
  const before = (await driven.reports()).length
  expect(await driven.advance('2m').reports()).toHaveLength(before)
  driven.send(reading(9 * MINUTE, 2, SECOND)).advance('3m')
  expect(await emitted(driven)).toMatchObject([
    { start: 0, value: 1 },
    { start: 9 * MINUTE, value: 1 },
  ])
})
