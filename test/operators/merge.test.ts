import { expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { merge } from '../../lib/operators/merge.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  outcomes,
  type Reading,
  reading,
  readings,
  readingsOf,
  readingsOfOneShard,
  run,
} from '../support/readings.ts'

const others = (stream = 'others') => readingsOf(stream)
const hourly = (name: string) => window(name, { over: tumbling('10ms'), aggregate: count() })

test('elements of all its streams go on as one stream', async () => {
  const merged = merge(
    readings(),
    pipe(
      others(),
      map(({ n }) => ({ other: n })),
    ),
  )
  const driven = run(
    pipeline(
      'p',
      merged,
      filter((value) => !('other' in value && value.other === 3)),
      all(),
    ),
  )
    .send(reading(0, 1))
    .sendTo('others', reading(0, 2), reading(1, 3))
    .send(reading(2, 4))
  const made = await driven.output()
  expect(made.map(({ value }) => value)).toEqual(
    expect.arrayContaining([reading(0, 1), { other: 2 }, reading(2, 4)]),
  )
  expect(made).toHaveLength(3)
  expect(await outcomes(driven, 'merge')).toEqual({ in: 4, passed: 4 })
  expect(await outcomes(driven, 'map')).toEqual({ in: 2, passed: 2 })
})

test('merges can be merged, and operators are listed behind all that feeds them', () => {
  const inner = merge(
    others('a'),
    pipe(
      others('b'),
      filter(() => true),
    ),
  )
  const made = pipeline('p', merge(readings(), inner), all())
  expect(made.sources.map(({ stream }) => stream)).toEqual(['readings', 'a', 'b'])
  expect(made.operators.map(({ op }) => op)).toEqual(['filter', 'merge', 'merge'])
})

test('each stream is windowed by its own watermark in front of it', async () => {
  const merged = merge(pipe(readings(), keyBy(), hourly('w')), pipe(others(), keyBy(), hourly('v')))
  const driven = run(pipeline('p', merged, all()))
    .send(reading(0))
    .sendTo('others', reading(50), reading(70))
    .restart()
  expect(await emitted(driven)).toMatchObject([{ start: 50, value: 1 }])
  driven.send(reading(1), reading(15)).redeliver()
  expect((await driven.output()).map(({ value }) => value)).toEqual(
    expect.arrayContaining([
      expect.objectContaining({ start: 50, value: 1 }),
      expect.objectContaining({ start: 0, value: 2 }),
    ]),
  )
})

test('state behind it is one per shard and stream', async () => {
  const branches = branch(all('one'), all('two'))
  const driven = run(pipeline('p', merge(readings(), others()), branches), { shards: 2 })
  driven.send(reading(0, 1, 'a'), reading(0, 2, 'b')).sendTo('others', reading(0, 3, 'a'))
  const tasks = new Set((await driven.reports()).map(({ task }) => task))
  expect(tasks.size).toBe(3)
  expect(await driven.output('two')).toHaveLength(3)
})

test('a record of a stream that is not among them is refused', async () => {
  const driven = run(pipeline('p', merge(readings(), others()), all()))
  await expect(driven.sendTo('unknown', reading(0)).output()).rejects.toThrow(
    `pipeline 'p' reads no stream 'unknown': expected one of readings, others`,
  )
})

test('one source cannot be merged with itself', () => {
  const source = readings()
  const doubled = pipe(
    source,
    map((value: Reading) => value),
  )
  expect(() => merge(source, doubled)).toThrow(ConfigurationError)
  expect(() => merge(source, doubled)).toThrow(`merge was given the source of stream 'readings' twice`)
})

test('a stream is read by one source of a pipeline', () => {
  expect(() => pipeline('p', merge(readings(), readings()), all())).toThrow(
    `two sources of pipeline 'p' read stream 'readings': make one source of it`,
  )
})

test('keyBy() behind it is refused: the shards of two streams do not share keys', () => {
  expect(() => pipeline('p', merge(readings(), others()), keyBy(), hourly('w'), all())).toThrow(
    `keyBy() stands behind a merge of the streams 'readings' and 'others', whose records of one partition key are in different shards: use keyBy(f)`,
  )
})

test('keyBy(f) behind it brings the elements of a key together, whatever stream and shard they come from', async () => {
  const keyed = pipeline(
    'p',
    merge(readings(), others()),
    keyBy(({ n }) => `${n}`),
    hourly('w'),
    keyBy(),
    window('days', { over: tumbling('1d'), aggregate: count() }),
    all(),
  )
  const driven = run(keyed, { shards: 2 })
    .send(reading(0, 7, 'a'), reading(0, 7, 'b'), reading(0, 8, 'c'))
    .sendTo('others', reading(0, 7, 'a'), reading(0, 8, 'd'))
    .end()
  expect(await outcomes(driven, 'w')).toMatchObject({ in: 5, onTime: 5, closedPanes: 2 })
  expect(
    (await emitted<Windowed<string, number>>(driven)).map(({ key, value }) => [key, value]).sort(),
  ).toEqual([
    ['7', 1],
    ['8', 1],
  ])
})

test('keyBy(f) in front of it goes by the shards of its own source', async () => {
  const byNumber = pipe(
    readingsOfOneShard(),
    keyBy(({ n }) => `${n}`),
    hourly('w'),
  )
  const driven = run(pipeline('p', merge(byNumber, readingsOf('others')), all()))
  expect(await emitted(driven.send(reading(0, 7, 'a')).end())).toMatchObject([{ key: '7' }])
})
