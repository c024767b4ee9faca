import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { type Ranked, type TopNOptions, topN } from '../../lib/operators/top-n.ts'
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

const best = (n: number, options: Partial<TopNOptions<Reading>> = {}) =>
  topN<Reading, string>('best', { n, by: (r) => r.n, ttl: 'forever', ...options })

const ranking = (n: number, options?: Partial<TopNOptions<Reading>>) =>
  pipeline('p', readings('100ms'), keyBy(), best(n, options), all())

const ranks = async (driven: ReturnType<typeof run>): Promise<[string, number, number][]> =>
  (await emitted<Ranked<string, Reading>>(driven)).map(({ key, rank, value }) => [key, rank, value.n])

test('an element among the best makes a result for every rank that it changes', async () => {
  const driven = run(ranking(2)).send(reading(0, 5), reading(1, 7), reading(2, 6), reading(3, 1))
  expect(await ranks(driven)).toEqual([
    ['a', 1, 5],
    ['a', 1, 7],
    ['a', 2, 5],
    ['a', 2, 6],
  ])
  expect(await outcomes(driven, 'best')).toEqual({ in: 4, passed: 3, filtered: 1 })
})

test('of equal elements the one that came first is before, whatever their times', async () => {
  const driven = run(ranking(2)).send(reading(9, 5), reading(2, 5), reading(1, 5))
  const values = (await emitted<Ranked<string, Reading>>(driven)).map(({ rank, value }) => [rank, value.at])
  expect(values).toEqual([
    [1, 9],
    [2, 2],
  ])
})

test('keys have rankings of their own', async () => {
  const driven = run(ranking(1)).send(reading(0, 5, 'a'), reading(1, 3, 'b'), reading(2, 4, 'b'))
  expect(await ranks(driven)).toEqual([
    ['a', 1, 5],
    ['b', 1, 3],
    ['b', 1, 4],
  ])
})

const table = dynamodb.sink({
  table: 'out',
  key: ['key', 'rank'],
  item: ({ key, rank, value }: Ranked<string, Reading>) => ({ key, rank, n: value.n, at: value.at }),
})

const inputs = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b'), at: fc.nat({ max: 50 }), n: fc.nat({ max: 6 }) }),
  { minLength: 1, maxLength: 30 },
)

test('into a table by key and rank, it is the stable sort of what came, cut anywhere', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, fc.integer({ min: 1, max: 4 }), fc.nat({ max: 6 }), async (input, n, every) => {
      const driven = run(pipeline('p', readings('100ms'), keyBy(), best(n), table))
      for (const [index, element] of input.entries()) {
        driven.send(element)
        if (index % (every + 1) === every) driven.restart()
      }
      const expected = ['a', 'b'].flatMap((key) =>
        input
          .filter((each) => each.key === key)
          .toSorted((a, b) => b.n - a.n)
          .slice(0, n)
          .map((each, index) => ({ key, rank: index + 1, n: each.n, at: each.at })),
      )
      expect(await driven.output()).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

describe('With an id', () => {
  /** The time says which of the things it is. */
  const byThing = { id: ({ at }: Reading) => `thing-${at}` }

  test('a new element of an id takes the place of the one before it, and what it passes moves down', async () => {
    const driven = run(ranking(3, byThing)).send(reading(1, 5), reading(2, 4), reading(3, 3), reading(3, 6))
    expect((await ranks(driven)).slice(3)).toEqual([
      ['a', 1, 6],
      ['a', 2, 5],
      ['a', 3, 4],
    ])
  })

  test('with the same number it keeps its rank', async () => {
    const driven = run(ranking(3, byThing)).send(reading(1, 5), reading(2, 5), reading(1, 5))
    expect((await ranks(driven)).slice(2)).toEqual([['a', 1, 5]])
  })

  test('one that falls stays in the ranking, below the others, and these move up', async () => {
    const driven = run(ranking(2, byThing)).send(reading(1, 5), reading(2, 4), reading(3, 3), reading(1, 1))
    expect((await ranks(driven)).slice(2)).toEqual([
      ['a', 1, 4],
      ['a', 2, 1],
    ])
  })

  test('as long as ranks of an id only rise, it is the ranking of the newest of each id', async () => {
    await fc.assert(
      fc.asyncProperty(inputs, fc.integer({ min: 1, max: 4 }), async (given, n) => {
        const totals = new Map<string, number>()
        const input = given.map(({ key, at: when, n: more }) => {
          const at = when % 6
          const total = (totals.get(`${key}${at}`) ?? 0) + more
          totals.set(`${key}${at}`, total)
          return { key, at, n: total }
        })
        const driven = run(pipeline('p', readings('100ms'), keyBy(), best(n, byThing), table))
        driven.send(...input)
        const items = (await driven.output()) as readonly { key: string; rank: number; n: number }[]
        for (const key of ['a', 'b']) {
          const newest = [...totals].filter(([name]) => name.startsWith(key)).map(([, total]) => total)
          const expected = newest.toSorted((a, b) => b - a).slice(0, n)
          expect(items.filter((item) => item.key === key).map((item) => item.n)).toEqual(expected)
        }
      }),
      { numRuns: 60 },
    )
  })
})

test('a ranking is forgotten a time to live after its last change', async () => {
  const driven = run(ranking(2, { ttl: '10ms' }))
  driven.send(reading(0, 9), reading(9, 1), reading(15, 5), reading(25, 3))
  expect(await ranks(driven)).toEqual([
    ['a', 1, 9],
    ['a', 2, 1],
    ['a', 2, 5],
    ['a', 1, 3],
  ])
})

test('an element without a number or an id is a dead letter, and changes nothing', async () => {
  const driven = run(
    ranking(2, {
      by: (r) => (r.n === 0 ? Number.NaN : r.n),
      id: (r) => (r.n === 1 ? (undefined as unknown as string) : `${r.n}`),
    }),
  ).send(reading(0, 0), reading(1, 1), reading(2, 2))
  expect(await ranks(driven)).toEqual([['a', 1, 2]])
  expect(await failures(driven)).toEqual([
    `best: 'by' of topN 'best' answered NaN: expected a number; the largest has rank 1`,
    `best: 'id' of topN 'best' answered undefined: expected a string`,
  ])
  expect(await outcomes(driven, 'best')).toEqual({ in: 3, passed: 1, failed: 2 })
})

describe('Refused:', () => {
  test.each([0, 1.5, 1_001, Number.NaN])('%d ranks', (n) => {
    expect(() => ranking(n)).toThrow(ConfigurationError)
    expect(() => ranking(n)).toThrow(
      `topN 'best' has an 'n' of ${n}: expected a whole number from 1 to 1,000`,
    )
  })

  test('a time to live of 0', () => {
    expect(() => ranking(1, { ttl: '0s' })).toThrow(
      `topN 'best' has a 'ttl' of '0s': expected at least '1ms', or 'forever'`,
    )
  })
})
