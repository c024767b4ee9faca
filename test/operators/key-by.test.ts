import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { flatMap } from '../../lib/operators/flat-map.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  readingsOfOneShard,
  run,
} from '../support/readings.ts'

const counted = window('w', { over: tumbling('10ms'), aggregate: count(), late: 'drop' })

describe('keyBy()', () => {
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
})

describe('keyBy(f)', () => {
  const byParity = keyBy(({ n }: Reading) => (n % 2 === 0 ? 'even' : 'odd'))

  test('gives the key that the function takes from the element', async () => {
    const driven = run(pipeline('p', readingsOfOneShard(), byParity, counted, all()))
      .send(reading(0, 1, 'a'), reading(1, 2, 'b'), reading(2, 3, 'b'))
      .end()
    expect(await emitted(driven)).toMatchObject([
      { key: 'even', value: 1 },
      { key: 'odd', value: 2 },
    ])
    expect(await outcomes(driven, 'keyBy')).toEqual({ in: 3, passed: 3 })
  })

  test('leaves the key of what stands beside it in a branch', async () => {
    const beside = window('beside', { over: tumbling('10ms'), aggregate: count() })
    const driven = run(
      pipeline(
        'p',
        readingsOfOneShard(),
        branch(pipe(byParity, counted, all('one')), pipe(keyBy(), beside, all('two'))),
      ),
    )
      .send(reading(0, 1, 'a'), reading(1, 3, 'b'))
      .end()
    expect(await emitted(driven, 'one')).toMatchObject([{ key: 'odd', value: 2 }])
    expect(await emitted(driven, 'two')).toMatchObject([{ key: 'a' }, { key: 'b' }])
  })

  test('can key panes anew, and keyBy() behind the next window is by that key', async () => {
    const total = aggregate({ n: sum(({ value }: Windowed<string, number>) => value) })
    const driven = run(
      pipeline(
        'p',
        readingsOfOneShard(),
        byParity,
        window('fine', { over: tumbling('5ms'), aggregate: count() }),
        keyBy(() => 'all'),
        window('coarse', { over: tumbling('10ms'), aggregate: total }),
        keyBy(),
        window('later', { over: tumbling('20ms'), aggregate: count() }),
        all(),
      ),
    )
      .send(reading(0, 1), reading(1, 2), reading(2, 3), reading(7, 4))
      .end()
    expect(await emitted(driven)).toMatchObject([{ key: 'all', value: 1 }])
  })

  test('makes a dead letter of an element whose key is no string, or throws', async () => {
    const names: Record<number, string> = { 1: 'one' }
    const driven = run(
      pipeline(
        'p',
        readingsOfOneShard(),
        keyBy(({ n }) => {
          if (n === 0) throw new Error('no key for 0')
          return names[n] as string
        }),
        counted,
        all(),
      ),
    )
      .send(reading(0, 1), reading(1, 2), reading(2, 0))
      .end()
    expect(await emitted(driven)).toMatchObject([{ key: 'one', value: 1 }])
    expect(await failures(driven)).toEqual([
      'keyBy: the function of keyBy answered undefined, which is no string: make one of it, or filter such elements out before',
      'keyBy: no key for 0',
    ])
    expect(await outcomes(driven, 'keyBy')).toEqual({ in: 3, passed: 1, failed: 2 })
  })

  test('refuses records of another shard than the first: its state is not there', async () => {
    const handler = lambda(pipeline('p', readingsOfOneShard(), byParity, counted, all()))
    handler.connect(new MemoryEnvironment(new VirtualClock()))
    const tick = { millrace: { stream: 'readings', shardId: 'shardId-000000000002', watermark: 1 } }
    await expect(handler(tick, {} as Context)).rejects.toThrow(
      `the source of pipeline 'p' declares 'shards: 1', and there are records of shardId-000000000002 of 'readings'`,
    )
  })
})
