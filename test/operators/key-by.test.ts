import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { filter } from '../../lib/operators/filter.ts'
import { flatMap } from '../../lib/operators/flat-map.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, reading, readings, run } from '../support/readings.ts'

const counted = window('w', { over: tumbling('10ms'), aggregate: count(), late: 'drop' })

test('the key is the partition key of the record, not a field of the value', async () => {
  const driven = run(pipeline('p', readings(), keyBy(), counted, all()), { key: () => 'partition' })
  expect(await emitted(driven.send(reading(0, 1, 'field')).end())).toMatchObject([{ key: 'partition' }])
})

test('it is still the partition key after map, filter and flatMap', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      map(async ({ n }) => n),
      filter((n) => n > 0),
      flatMap((n) => [n, n]),
      keyBy(),
      counted,
      all(),
    ),
  )
    .send(reading(0, 1, 'a'), reading(1, 1, 'b'), reading(2, 0, 'b'), reading(3, 1, 'a'))
    .end()
  expect(await emitted(driven)).toMatchObject([
    { key: 'a', value: 4 },
    { key: 'b', value: 2 },
  ])
})

test('after a window it is the key of the window', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('fine', { over: tumbling('5ms'), aggregate: count() }),
      map(({ value }) => value),
      keyBy(),
      counted,
      all(),
    ),
  )
    .send(reading(0, 1, 'a'), reading(1, 1, 'b'), reading(7, 1, 'b'))
    .end()
  expect(await emitted(driven)).toMatchObject([
    { key: 'a', value: 1 },
    { key: 'b', value: 2 },
  ])
})

test('keys of all shards are there, each in its own shard', async () => {
  const driven = run(pipeline('p', readings(), keyBy(), counted, all()), { shards: 4 })
  const keys = Array.from({ length: 20 }, (_, n) => `key-${n}`)
  for (const key of keys) driven.send(reading(0, 1, key), reading(0, 1, key))
  const panes = await emitted<{ key: string; value: number }>(driven.end())
  expect(panes.map(({ key }) => key).toSorted()).toEqual(keys.toSorted())
  expect(panes.every(({ value }) => value === 2)).toBe(true)
  expect(new Set((await driven.reports()).map(({ shardId }) => shardId)).size).toBe(4)
})
