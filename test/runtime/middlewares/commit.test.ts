import { expect, test } from 'vitest'
import { RetryableError } from '../../../lib/core/errors.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { window } from '../../../lib/operators/window.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { all, readings } from '../../support/readings.ts'
import { put, World } from '../../support/state-world.ts'

const TASK = 'p/w/g1000m64/readings/shardId-000000000000'

const counted = pipeline(
  'p',
  readings(),
  keyBy(),
  window('w', { over: tumbling('10ms'), aggregate: count() }),
  all(),
)

const records = Array.from({ length: 12 }, (_, n) => put(n * 4))

const versions = async ({ store }: World): Promise<number> => (await store.load(TASK)).entries.length

test('the loser of a commit runs again what lies above the position of the winner', async () => {
  const world = new World(counted)
  const [mine, other] = [world.sandbox(), world.sandbox()]
  await world.deliver(mine, records, [0, 2])
  await world.deliver(other, records, [0, 6])
  expect(await world.deliver(mine, records, [2, 9])).toEqual({ kind: 'done', failedAt: undefined })
  expect(world.reports.at(-1)).toMatchObject({ commitConflicts: 1, records: 7, redelivered: 4 })
  await world.end(mine)
  const plain = new World(counted)
  const sandbox = plain.sandbox()
  await plain.deliver(sandbox, records, [0, 9])
  await plain.end(sandbox)
  expect(world.contents()).toEqual(plain.contents())
  expect(world.totals()).toEqual(plain.totals())
})

test('the loser whose whole batch the winner has done commits nothing, and delivers what the winner could not', async () => {
  const world = new World(counted)
  const [mine, other] = [world.sandbox(), world.sandbox()]
  await world.deliver(mine, records, [0, 1])
  // The winner stops between its commit and its publishing.
  const stop = { when: 'before', how: 'stop' } as const
  for (let at = 0; (await versions(world)) === 1; at++) {
    await world.deliver(world.sandbox(), records, [0, 6], { ...stop, at })
  }
  expect(await versions(world)).toBe(2)
  expect(world.items('out')).toEqual([])
  expect(await world.deliver(mine, records, [1, 6])).toEqual({ kind: 'done', failedAt: undefined })
  expect(await versions(world)).toBe(2)
  expect(world.items('out')).toHaveLength(2)
  expect(await world.deliver(other, records, [0, 6])).toMatchObject({ kind: 'done' })
})

test('a batch that brings nothing new commits nothing', async () => {
  const world = new World(counted)
  const sandbox = world.sandbox()
  await world.deliver(sandbox, records, [0, 6])
  await world.deliver(sandbox, records, [0, 6])
  await world.deliver(sandbox, records, [3, 4])
  expect(await versions(world)).toBe(1)
  expect(world.reports.map(({ redelivered }) => redelivered)).toEqual([0, 6, 1])
})

test('one that loses again and again gives the batch back', async () => {
  const world = new World(counted)
  const append = world.store.append.bind(world.store)
  const other = world.sandbox()
  let [racing, next] = [false, 1]
  world.store.append = async (...given) => {
    if (racing) return append(...given)
    racing = true
    await world.deliver(other, records, [0, ++next])
    racing = false
    return append(...given)
  }
  const answer = await world.deliver(world.sandbox(), records)
  expect(answer).toMatchObject({ kind: 'failed', error: expect.any(RetryableError) })
  expect(answer).toMatchObject({
    error: {
      message: `other invocations of '${TASK}' committed first 5 times: is the function's parallelizationFactor 1?`,
    },
  })
})
