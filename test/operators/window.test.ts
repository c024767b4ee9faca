import { describe, expect, test } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import type { Drive } from '../../lib/testing/drive.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { ShardFeed } from '../../lib/testing/shard-feed.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Late, Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  failures,
  hours,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

/** Windows of 10 ms that sum up `n`. */
const summed = (bound: Duration = '0ms', allowedLateness: Duration = '0ms') =>
  pipeline(
    'p',
    readings(bound),
    keyBy(),
    window('w', {
      over: tumbling('10ms'),
      aggregate: sum((r) => r.n),
      allowedLateness,
      late: all('late'),
    }),
    all(),
  )

const at = (...times: number[]): Reading[] => times.map((time) => reading(time))
const panes = async (driven: Drive): Promise<[key: string, start: number, value: number][]> =>
  (await emitted<Windowed<string, number>>(driven)).map(({ key, start, value }) => [key, start, value])
const lates = async (driven: Drive): Promise<number[]> =>
  (await emitted<Late<Reading>>(driven, 'late')).map(({ eventTime }) => eventTime)

describe('A window', () => {
  test('takes what is at its start and one ms before its end', async () => {
    expect(
      await panes(
        run(summed())
          .send(...at(10, 19))
          .end(),
      ),
    ).toEqual([['a', 10, 2]])
  })

  test('leaves what is at its end to the next one', async () => {
    expect(
      await panes(
        run(summed())
          .send(...at(10, 20))
          .end(),
      ),
    ).toEqual([
      ['a', 10, 1],
      ['a', 20, 1],
    ])
  })

  test('reaches below the epoch as above it', async () => {
    const driven = run(summed('20ms'))
      .send(...at(-11, -10, -1, 0))
      .end()
    expect(await panes(driven)).toEqual([
      ['a', -20, 1],
      ['a', -10, 2],
      ['a', 0, 1],
    ])
  })

  test('is of one key', async () => {
    const driven = run(summed())
      .send(reading(1, 1, 'b'), reading(2, 2, 'a'), reading(3, 4, 'b'))
      .end()
    expect(await panes(driven)).toEqual([
      ['a', 0, 2],
      ['b', 0, 5],
    ])
  })

  test('makes a pane with its bounds, and its key', async () => {
    expect(await emitted(run(summed()).send(reading(12, 7)).end())).toEqual([
      {
        key: 'a',
        start: 10,
        end: 20,
        value: 7,
        pane: { index: 0, timing: 'onTime', id: 'w:10:20:0:a' },
      },
    ])
  })

  test('that nothing fell into makes no pane', async () => {
    expect(
      await panes(
        run(summed())
          .send(...at(5, 95))
          .end(),
      ),
    ).toHaveLength(2)
  })
})

describe('It closes', () => {
  test('when the largest event time is its end, and not a ms before', async () => {
    const driven = run(summed()).send(...at(5, 9))
    expect(await panes(driven)).toEqual([])
    expect(await panes(driven.send(reading(10)))).toEqual([['a', 0, 2]])
  })

  test('later by maxOutOfOrderness', async () => {
    const driven = run(summed('7ms')).send(...at(5, 16))
    expect(await panes(driven)).toEqual([])
    expect(await panes(driven.send(reading(17)))).toEqual([['a', 0, 1]])
  })

  test('when the clock stands still and the stream ends', async () => {
    expect(await panes(run(summed()).send(reading(5)).end())).toEqual([['a', 0, 1]])
  })

  test('for all keys, by records of any of them', async () => {
    const driven = run(summed()).send(reading(1, 1, 'a'), reading(2, 1, 'b'), reading(10, 1, 'c'))
    expect(await panes(driven)).toEqual([
      ['a', 0, 1],
      ['b', 0, 1],
    ])
  })

  test('with others at once in the order of their ends, then of their keys', async () => {
    const driven = run(summed('1h')).send(
      reading(35, 1, 'a'),
      reading(5, 1, 'b'),
      reading(15, 1, 'c'),
      reading(15, 1, 'a'),
      reading(5, 1, 'B'),
      reading(5, 1, 'a'),
    )
    expect(await panes(driven.end())).toEqual([
      ['B', 0, 1],
      ['a', 0, 1],
      ['b', 0, 1],
      ['a', 10, 1],
      ['c', 10, 1],
      ['a', 30, 1],
    ])
  })

  test('once, however often the watermark passes', async () => {
    const driven = run(summed('0ms', '1h'))
      .send(...at(5, 10, 20, 30))
      .redeliver()
      .end()
    expect((await panes(driven)).filter(([, start]) => start === 0)).toEqual([['a', 0, 1]])
  })

  test('in a new sandbox as in the old one', async () => {
    const driven = run(summed())
      .send(...at(5, 7))
      .restart()
      .send(reading(8))
      .restart()
      .send(reading(10))
    expect(await panes(driven)).toEqual([['a', 0, 3]])
  })
})

describe('Allowed lateness', () => {
  test('of nothing refuses what comes after the close', async () => {
    const driven = run(summed()).send(...at(10, 9))
    expect(await lates(driven)).toEqual([9])
    expect(await outcomes(driven, 'w')).toEqual({ in: 2, onTime: 1, late: 1 })
  })

  test('takes an element until the watermark has passed the end by as much, and not a ms longer', async () => {
    const before = run(summed('0ms', '5ms')).send(...at(5, 14, 9))
    expect(await lates(before)).toEqual([])
    expect(await outcomes(before, 'w')).toMatchObject({ in: 3, onTime: 2, updated: 1 })
    const after = run(summed('0ms', '5ms')).send(...at(5, 15, 9))
    expect(await lates(after)).toEqual([9])
    expect(await outcomes(after, 'w')).toMatchObject({ in: 3, onTime: 2, late: 1 })
  })

  test('is not maxOutOfOrderness: the two add up', async () => {
    const driven = run(summed('10ms', '5ms')).send(...at(5, 24, 9, 25, 9))
    expect(await outcomes(driven, 'w')).toMatchObject({ onTime: 3, updated: 1, late: 1 })
  })

  test('makes another pane for each update, at once', async () => {
    const driven = run(summed('0ms', '1h')).send(reading(5, 1), reading(10, 10), reading(6, 2))
    expect(await emitted(driven)).toMatchObject([
      { start: 0, value: 1, pane: { index: 0, timing: 'onTime' } },
      { start: 0, value: 3, pane: { index: 1, timing: 'late' } },
    ])
  })

  test('lets a window be made after its close', async () => {
    const driven = run(summed('0ms', '1h')).send(reading(20, 10), reading(6, 2), reading(7, 3))
    expect(await emitted(driven)).toMatchObject([
      { start: 0, value: 2, pane: { index: 0, timing: 'late' } },
      { start: 0, value: 5, pane: { index: 1, timing: 'late' } },
    ])
    expect(await outcomes(driven, 'w')).toEqual({ in: 3, onTime: 1, updated: 2, updatedPanes: 2 })
  })

  test('counts panes on after a new sandbox', async () => {
    const driven = run(summed('0ms', '1h'))
      .send(reading(5), reading(10), reading(6))
      .restart()
      .send(reading(7))
    expect((await emitted<Windowed<string, number>>(driven)).map(({ pane }) => pane.index)).toEqual([0, 1, 2])
  })
})

describe('State', () => {
  test('is there until lateness is over, and no longer', async () => {
    const driven = run(summed('0ms', '5ms'))
      .send(...at(5))
      .send(...at(14))
      .send(...at(15))
      .end()
    expect((await driven.reports()).map(({ stateSize }) => stateSize)).toEqual([1, 2, 1, 0])
  })

  test('is there once for each key of a window', async () => {
    const driven = run(summed()).send(reading(5, 1, 'a'), reading(5, 1, 'b'), reading(15, 1, 'a'))
    expect((await driven.reports()).map(({ stateSize }) => stateSize)).toEqual([1])
    expect((await driven.send(reading(4, 1, 'a')).reports()).at(-1)?.stateSize).toBe(1)
  })
})

describe('An element that is too late', () => {
  const lateness = (late?: 'drop') =>
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count(), ...(late && { late }) }),
      all(),
    )

  test('goes to the late output, with the key and the watermark', async () => {
    const driven = run(summed()).send(reading(25), reading(9, 7, 'b'))
    expect(await emitted(driven, 'late')).toEqual([
      { value: reading(9, 7, 'b'), key: 'b', eventTime: 9, watermark: 24 },
    ])
    expect(await failures(driven)).toEqual([])
  })

  test('is only counted with drop', async () => {
    const driven = run(lateness('drop')).send(...at(25, 9))
    expect(await failures(driven)).toEqual([])
    expect(await outcomes(driven, 'w')).toEqual({ in: 2, onTime: 1, late: 1 })
  })

  test('is a dead letter without either, and the message says what to do', async () => {
    const driven = run(lateness()).send(...at(25, 9))
    expect(await failures(driven)).toEqual([
      `w: 'w' refused an element of 1970-01-01T00:00:00.009Z: its window ended 15 ms of event time ago and allowedLateness is 0 ms; allow more, or give 'late' a sink or 'drop'`,
    ])
    expect(await driven.deadLetters()).toMatchObject([{ key: 'a', window: [0, 10] }])
    expect(await outcomes(driven, 'w')).toEqual({ in: 2, onTime: 1, late: 1 })
  })

  test('is a dead letter even if its time is beyond what a Date can hold', async () => {
    const driven = run(lateness()).send(...at(25, -8.64e15 - 1, 26))
    expect(await failures(driven)).toEqual([
      expect.stringContaining(`'w' refused an element of -8640000000000001`),
    ])
    expect(await outcomes(driven, 'w')).toEqual({ in: 3, onTime: 2, late: 1 })
  })
})

describe('Chained windows', () => {
  const daily = (lateness: Duration = '0ms') =>
    pipeline(
      'p',
      readings('2h'),
      keyBy(),
      window('hourly', { over: tumbling('1h'), aggregate: sum((r) => r.n), allowedLateness: lateness }),
      map(({ value }) => value),
      keyBy(),
      window('daily', { over: tumbling('1d'), aggregate: sum((value) => value), allowedLateness: lateness }),
      all(),
    )

  test('lose nothing', async () => {
    const times = Array.from({ length: 200 }, (_, n) => n * 2_520_007 - (n % 3) * 2_160_001)
    const driven = run(daily(), { batchSize: 7 })
      .send(...at(...times))
      .end()
    const days = new Map<number, number>()
    for (const time of times) {
      const day = Math.floor(time / hours(24)) * hours(24)
      days.set(day, (days.get(day) ?? 0) + 1)
    }
    expect(await panes(driven)).toEqual([...days].sort(([a], [b]) => a - b).map(([day, n]) => ['a', day, n]))
    expect(await failures(driven)).toEqual([])
  })

  test('close together: the last hour is in its day', async () => {
    const driven = run(daily()).send(...at(hours(23.9), hours(100)))
    expect(await panes(driven)).toEqual([['a', 0, 1]])
  })

  test('hold nothing after the end', async () => {
    const driven = run(daily('6h'))
      .send(...at(0, hours(30), hours(25)))
      .end()
    expect((await driven.reports()).at(-1)?.stateSize).toBe(0)
  })
})

test('an element has one outcome, wherever batches are cut', async () => {
  const times = Array.from({ length: 300 }, (_, n) => n - ((n * 7) % 31))
  const [whole, cut] = [run(summed('3ms', '8ms')), run(summed('3ms', '8ms'), { batchSize: 1 })]
  for (const driven of [whole, cut]) driven.send(...at(...times)).end()
  expect(await outcomes(whole, 'w')).toEqual(await outcomes(cut, 'w'))
  expect(await outcomes(whole, 'w')).toMatchObject({ in: 300 })
  expect(await emitted(whole)).toEqual(await emitted(cut))
  expect(await emitted(whole, 'late')).toEqual(await emitted(cut, 'late'))
})

describe('A window can be named', () => {
  const named = (name: string) => window(name, { over: tumbling('10ms'), aggregate: count() })

  test('like an operator, and keeps its state when one is put before it', async () => {
    const environment = new MemoryEnvironment(new VirtualClock())
    environment.streams.create('readings', { shards: 1 })
    const feed = new ShardFeed(environment.streams, 'readings', 'shardId-000000000000')
    const deliver = async (made: Pipeline, ...times: number[]): Promise<void> => {
      const records = times.map((time) => ({
        data: Buffer.from(`a ${time} 1`),
        partitionKey: 'a',
        arrival: time,
      }))
      environment.streams.put('readings', records)
      const handler = lambda(made)
      handler.connect(environment)
      await feed.deliver(handler, 10)
    }
    await deliver(pipeline('p', readings(), keyBy(), named('map'), all()), 1)
    const next = pipeline(
      'p',
      readings(),
      map((value) => value),
      keyBy(),
      named('map'),
      all(),
    )
    await deliver(next, 2, 10)
    const [sink] = next.sinks
    if (sink === undefined) throw new Error('no sink')
    expect(environment.openSink(sink.target).items()).toMatchObject([{ value: { value: 2 } }])
  })
})
