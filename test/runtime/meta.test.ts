import { describe, expect, test } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import { RetryableError, StateMismatchError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { openMeta } from '../../lib/runtime/meta.ts'
import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import { put, World } from '../support/state-world.ts'

const counted = (name: string, size: Duration = '10ms') =>
  pipe(keyBy<Reading>(), window(name, { over: tumbling(size), aggregate: count() }), all(name))

const one = (name: string, size?: Duration): Pipeline => pipeline('p', readings(), counted(name, size))
const two = (first: string, second: string): Pipeline =>
  pipeline('p', readings(), branch(counted(first), counted(second)))

/** Runs a deployment of the pipeline on what earlier ones left. */
async function deploy(store: MemoryStateStore, code: Pipeline, ...records: ReturnType<typeof put>[]) {
  const world = new World(code, { store })
  const answer = await world.deliver(world.sandbox(), records)
  return { world, answer }
}

describe('A deployment', () => {
  test.each([
    ['renamed', one('new'), `holds 'old' (tumbling 10 ms: count), and the code has no operator of that name`],
    [
      'changed',
      one('old', '20ms'),
      `holds 'old' (tumbling 10 ms: count), and the code says 'tumbling 20 ms: count'`,
    ],
  ])('in which an operator with state was %s fails every batch, and says so', async (_, code, message) => {
    const store = new MemoryStateStore()
    await deploy(store, one('old'), put(1))
    const { answer } = await deploy(store, code, put(2))
    expect(answer).toMatchObject({ kind: 'failed', error: expect.any(StateMismatchError) })
    expect(answer).toMatchObject({
      error: {
        message: `the state of pipeline 'p' ${message}: put it back, or give the pipeline a new name so that it starts with empty state`,
      },
    })
  })

  test('in which one of two operators with state was removed fails', async () => {
    const store = new MemoryStateStore()
    await deploy(store, two('one', 'two'), put(1))
    expect((await deploy(store, one('one'), put(2))).answer).toMatchObject({ kind: 'failed' })
  })

  test.each([
    ['behind the others', two('old', 'new')],
    ['before the others', two('new', 'old')],
  ])('with a new operator %s goes on with the state of the others', async (_, code) => {
    const store = new MemoryStateStore()
    const records = [put(1), put(2), put(21)]
    const before = new World(one('old'), { store })
    await before.deliver(before.sandbox(), records, [0, 1])
    const after = new World(code, { store })
    const answer = await after.deliver(after.sandbox(), records, [1, 3])
    expect(answer).toEqual({ kind: 'done', failedAt: undefined })
    expect(after.items('old')).toMatchObject([{ value: { start: 0, value: 2 } }])
    expect(after.items('new')).toMatchObject([{ value: { start: 0, value: 1 } }])
    const later = new World(one('old'), { store })
    expect(await later.deliver(later.sandbox(), records)).toMatchObject({ kind: 'failed' })
  })

  test('that has the same operators in another order goes on with their state', async () => {
    const store = new MemoryStateStore()
    const records = [put(1), put(21)]
    const before = new World(two('one', 'two'), { store })
    await before.deliver(before.sandbox(), records, [0, 1])
    const after = new World(two('two', 'one'), { store })
    await after.deliver(after.sandbox(), records, [1, 2])
    expect(after.items('one')).toMatchObject([{ value: { start: 0, value: 1 } }])
  })
})

test('two deployments that change the meta item at the same time: the loser tries again', async () => {
  const store = new MemoryStateStore()
  await openMeta(store, 'p', { stage: 'w', operators: { w: 'a' } }, 1)
  const [x, y] = await Promise.allSettled([
    openMeta(store, 'p', { stage: 'w', operators: { w: 'a', x: 'b' } }, 2),
    openMeta(store, 'p', { stage: 'w', operators: { w: 'a', y: 'c' } }, 3),
  ])
  expect(x).toMatchObject({ status: 'fulfilled', value: { generation: 1 } })
  expect(y).toMatchObject({ status: 'rejected', reason: expect.any(RetryableError) })
})

test('a store that does not answer at the first batch is asked again at the second', async () => {
  const world = new World(one('old'))
  const sandbox = world.sandbox()
  const fault = { at: 0, when: 'before', how: 'retryable' } as const
  expect(await world.deliver(sandbox, [put(1)], [0, 1], fault)).toMatchObject({ kind: 'failed' })
  expect(await world.deliver(sandbox, [put(1)])).toMatchObject({ kind: 'done' })
})

test('generation and ring size are those of the first batch, whatever later ones would choose', async () => {
  const store = new MemoryStateStore()
  expect(await openMeta(store, 'p', { stage: 'w', operators: { w: 'a' } }, 7)).toMatchObject({
    generation: 7,
    ringSize: 64,
  })
  expect(await openMeta(store, 'p', { stage: 'w', operators: { w: 'a' } }, 9)).toMatchObject({
    generation: 7,
    ringSize: 64,
  })
})
