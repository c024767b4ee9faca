import { expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { flatMap } from '../../lib/operators/flat-map.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  emittedIds,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

const repeat = flatMap(({ n }: Reading) => Array.from({ length: n }, (_, place) => `${n}.${place}`))
const repeated = pipeline('p', readings(), repeat, all())

test('any number of elements is made of one, in order', async () => {
  const driven = run(repeated).send(reading(0, 2), reading(1, 0), reading(2, 3))
  expect(await emitted(driven)).toEqual(['2.0', '2.1', '3.0', '3.1', '3.2'])
  expect(await outcomes(driven, 'flatMap')).toEqual({ in: 3, passed: 3 })
})

test('many outputs of one record keep their order, and each has an id of its own', async () => {
  const driven = run(repeated).send(reading(0, 1_000))
  expect(await emitted(driven)).toEqual(Array.from({ length: 1_000 }, (_, place) => `1000.${place}`))
  expect(new Set(await emittedIds(driven)).size).toBe(1_000)
})

test('ids are the same after another delivery, in other batches', async () => {
  const driven = run(repeated).send(reading(0, 2), reading(1, 3))
  const before = await emittedIds(driven)
  expect(await emittedIds(driven.redeliver(1).redeliver())).toEqual(before)
})

test('a generator that throws half-way has made nothing', async () => {
  const half = flatMap(function* ({ n }: Reading) {
    yield n
    if (n === 2) throw new Error('half-way')
    yield n
  })
  const driven = run(pipeline('p', readings(), half, all())).send(reading(0, 1), reading(1, 2), reading(2, 3))
  expect(await emitted(driven)).toEqual([1, 1, 3, 3])
  expect(await failures(driven)).toEqual(['flatMap: half-way'])
  expect(await outcomes(driven, 'flatMap')).toEqual({ in: 3, passed: 2, failed: 1 })
})

test('an error that a retry can cure delivers the element again', async () => {
  let busy = true
  const flaky = flatMap(function* ({ n }: Reading) {
    yield n
    if (n === 2 && busy) {
      busy = false
      throw new RetryableError('busy')
    }
    yield n
  })
  const driven = run(pipeline('p', readings(), flaky, all())).send(reading(0, 1), reading(1, 2))
  expect(await emitted(driven)).toEqual([1, 1, 2, 2])
  expect(await failures(driven)).toEqual([])
})

test('all elements keep the key and the event time', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      repeat,
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    ),
  )
    .send(reading(5, 2, 'a'), reading(6, 3, 'b'), reading(15, 4, 'a'))
    .end()
  expect(await emitted(driven)).toMatchObject([
    { key: 'a', start: 0, value: 2 },
    { key: 'b', start: 0, value: 3 },
    { key: 'a', start: 10, value: 4 },
  ])
})
