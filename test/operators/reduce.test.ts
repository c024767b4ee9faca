import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import type { TimeToLive } from '../../lib/operators/expiring-state.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { type Reduced, reduce } from '../../lib/operators/reduce.ts'
import { window } from '../../lib/operators/window.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { last } from '../../lib/windows/aggregates/last.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

const total = sum(({ n }: Reading) => n)
const summed = (ttl: TimeToLive, bound?: '5ms') =>
  pipeline('p', readings(bound), keyBy(), reduce('total', { aggregate: total, ttl }), all())

test('every element makes the new result of its key', async () => {
  const driven = run(summed('forever')).send(reading(0, 1, 'a'), reading(1, 2, 'b'), reading(2, 3, 'a'))
  expect(await emitted(driven)).toEqual([
    { key: 'a', eventTime: 0, value: 1 },
    { key: 'b', eventTime: 1, value: 2 },
    { key: 'a', eventTime: 2, value: 4 },
  ])
  expect(await outcomes(driven, 'total')).toEqual({ in: 3, passed: 3 })
})

test('a new sandbox goes on where the last one was', async () => {
  const driven = run(summed('forever')).send(reading(0, 1)).restart().send(reading(1, 2)).redeliver()
  expect((await emitted<Reduced<string, number>>(driven)).map(({ value }) => value)).toEqual([1, 3])
})

test('results are as they were made, though the accumulator goes on', async () => {
  const list = {
    create: (): number[] => [],
    add: (numbers: number[], { n }: Reading) => {
      numbers.push(n)
      return numbers
    },
    result: (numbers: number[]) => numbers,
  }
  const driven = run(
    pipeline('p', readings(), keyBy(), reduce('list', { aggregate: list, ttl: 'forever' }), all()),
  ).send(reading(0, 1), reading(1, 2))
  expect(await emitted(driven)).toMatchObject([{ value: [1] }, { value: [1, 2] }])
})

describe('After its time to live', () => {
  test('the state of a key is not seen by an element at that time, though it is still there', async () => {
    // The watermark is far behind: nothing is deleted.
    const driven = run(summed('10ms', '5ms'))
    driven.send(reading(100, 1), reading(109, 2), reading(119, 4), reading(128, 8))
    expect((await emitted<Reduced<string, number>>(driven)).map(({ value }) => value)).toEqual([1, 3, 4, 12])
  })

  test('it counts from the newest event time of the key, in whatever order elements come', async () => {
    const driven = run(summed('10ms', '5ms'))
    driven.send(reading(100, 1), reading(96, 2), reading(109, 4))
    expect((await emitted<Reduced<string, number>>(driven)).map(({ value }) => value)).toEqual([1, 3, 7])
  })

  test('it is not seen by a late element once the watermark is there', async () => {
    const driven = run(summed('10ms'))
    driven.send(reading(100, 1, 'a'), reading(105, 2, 'b'), reading(111, 4, 'c'))
    // The watermark is 110: what 'a' had has expired, what 'b' had has not.
    driven.send(reading(101, 8, 'a'), reading(101, 16, 'b'))
    expect((await emitted<Reduced<string, number>>(driven)).map(({ value }) => value)).toEqual([
      1, 2, 4, 8, 18,
    ])
  })

  test('it takes no memory', async () => {
    const driven = run(summed('10ms'))
    for (let at = 0; at < 1_000; at++) driven.send(reading(at, 1, `key-${at}`))
    const reports = await driven.reports()
    expect(reports.at(-1)?.stateSize).toBeLessThan(40)
  })
})

/** What `reduce` owes, by hand: newest event time and sum of each key, and the watermark. */
function straight(elements: readonly Reading[], ttl: number, bound: number): number[] {
  const state = new Map<string, { sum: number; changed: number }>()
  let watermark = Number.NEGATIVE_INFINITY
  return elements.map(({ key, at, n }) => {
    let entry = state.get(key)
    if (entry === undefined || Math.max(at, watermark) >= entry.changed + ttl) entry = { sum: 0, changed: at }
    entry.sum += n
    entry.changed = Math.max(entry.changed, at)
    state.set(key, entry)
    watermark = Math.max(watermark, at - bound - 1)
    return entry.sum
  })
}

test('whatever the times, each element sees what lives, over new sandboxes and batches of any size', async () => {
  const elements = fc.array(
    fc.record({ key: fc.constantFrom('a', 'b'), at: fc.integer({ min: 0, max: 80 }), n: fc.nat({ max: 9 }) }),
    { minLength: 1, maxLength: 30 },
  )
  const ttls = fc.constantFrom(1, 3, 10, 40, Number.POSITIVE_INFINITY)
  await fc.assert(
    fc.asyncProperty(elements, ttls, fc.nat({ max: 5 }), async (input, ttl, every) => {
      const driven = run(summed(Number.isFinite(ttl) ? `${ttl}ms` : 'forever', '5ms'))
      for (const [index, element] of input.entries()) {
        driven.send(element)
        if (index % (every + 1) === every) driven.restart()
      }
      const found = (await emitted<Reduced<string, number>>(driven)).map(({ value }) => value)
      expect(found).toEqual(straight(input, ttl, 5))
    }),
    { numRuns: 60 },
  )
})

test('an element on which the aggregate throws is a dead letter, and the accumulator as before', async () => {
  const picky = aggregate({
    total,
    // Throws behind the part that has changed already.
    picky: {
      create: () => 0,
      add: (n: number, r: Reading) => {
        if (r.n === 2) throw new Error('no 2')
        return n + 1
      },
      result: (n: number) => n,
    },
  })
  const driven = run(
    pipeline('p', readings(), keyBy(), reduce('picky', { aggregate: picky, ttl: '1h' }), all()),
  ).send(reading(0, 1), reading(1, 2), reading(2, 4))
  expect(await emitted(driven)).toMatchObject([
    { value: { total: 1, picky: 1 } },
    { value: { total: 5, picky: 2 } },
  ])
  expect(await failures(driven)).toEqual(['picky: no 2'])
  expect(await driven.deadLetters()).toMatchObject([{ key: 'a' }])
  expect(await outcomes(driven, 'picky')).toEqual({ in: 3, passed: 2, failed: 1 })
})

test('the newest element of a key is reduce with last', async () => {
  const driven = run(
    pipeline(
      'p',
      readings('5ms'),
      keyBy(),
      reduce('latest', { aggregate: last((r: Reading) => r.n), ttl: 'forever' }),
      dynamodb.sink({
        table: 'out',
        key: ['key'],
        item: ({ key, value }: Reduced<string, number>) => ({ key, value }),
      }),
    ),
  ).send(reading(5, 1), reading(3, 2), reading(5, 3))
  expect(await driven.output()).toEqual([{ key: 'a', value: 3 }])
})

test('results keep the time of their element: a window behind it closes as the watermark says', async () => {
  const driven = run(
    pipeline(
      'p',
      readings('2ms'),
      keyBy(),
      reduce('total', { aggregate: total, ttl: '1h' }),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    ),
  ).send(reading(9, 1), reading(11, 1), reading(8, 1), reading(12, 1))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 2 }])
})

describe('Refused:', () => {
  test('a time to live of 0', () => {
    const make = () => reduce('total', { aggregate: total, ttl: '0ms' })
    expect(() => make()({ kind: 'keyed', node: readings().node, port: 'main' })).toThrow(ConfigurationError)
    expect(() => make()({ kind: 'keyed', node: readings().node, port: 'main' })).toThrow(
      `reduce 'total' has a 'ttl' of '0ms': expected at least '1ms', or 'forever'`,
    )
  })

  test('adding results up: each holds what those before it held', () => {
    const sink = dynamodb.sink({
      table: 'sums',
      mode: 'increment',
      key: ['key'],
      item: ({ key, value }: Reduced<string, number>) => ({ key, value }),
    })
    expect(() =>
      pipeline('p', readings(), keyBy(), reduce('total', { aggregate: total, ttl: '1h' }), sink),
    ).toThrow(
      `the sink of table 'sums' adds up what 'total' makes, and each result of a reduce stands for the one before it: use mode 'upsert'`,
    )
  })
})
