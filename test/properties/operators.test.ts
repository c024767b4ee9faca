import fc from 'fast-check'
import { expect, test } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import type { Stream } from '../../lib/core/stream.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { flatMap } from '../../lib/operators/flat-map.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { reduce } from '../../lib/operators/reduce.ts'
import { split } from '../../lib/operators/split.ts'
import { topN } from '../../lib/operators/top-n.ts'
import { window } from '../../lib/operators/window.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { approximateCountDistinct } from '../../lib/windows/aggregates/approximate-count-distinct.ts'
import { collect } from '../../lib/windows/aggregates/collect.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { countDistinct } from '../../lib/windows/aggregates/count-distinct.ts'
import { first } from '../../lib/windows/aggregates/first.ts'
import { last } from '../../lib/windows/aggregates/last.ts'
import { max } from '../../lib/windows/aggregates/max.ts'
import { mean } from '../../lib/windows/aggregates/mean.ts'
import { min } from '../../lib/windows/aggregates/min.ts'
import { quantiles } from '../../lib/windows/aggregates/quantiles.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { topK } from '../../lib/windows/aggregates/top-k.ts'
import { where } from '../../lib/windows/aggregates/where.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  type Reading,
  reading,
  readings,
  readingsOfOneShard,
  run,
} from '../support/readings.ts'

const elements = fc.array(
  fc.record({ key: fc.constantFrom('a', 'b'), at: fc.nat({ max: 50 }), n: fc.nat({ max: 9 }) }),
  { maxLength: 20 },
)

/** An operator, and what arrays have for it. */
interface Step {
  readonly operator: (input: Stream<Reading>) => Stream<Reading>
  readonly onArray: (values: readonly Reading[]) => readonly Reading[]
}

const less = (r: Reading): Reading => ({ ...r, n: r.n - 1 })
const steps: readonly Step[] = [
  {
    operator: filter((r: Reading) => r.n % 3 !== 0),
    onArray: (values) => values.filter(({ n }) => n % 3 !== 0),
  },
  { operator: map(less), onArray: (values) => values.map(less) },
  { operator: map(async (r: Reading) => less(r)), onArray: (values) => values.map(less) },
  {
    operator: map((r: Reading) => (r.n % 2 === 0 ? less(r) : Promise.resolve(r)), { concurrency: 2 }),
    onArray: (values) => values.map((r) => (r.n % 2 === 0 ? less(r) : r)),
  },
  {
    operator: flatMap((r: Reading) => Array<Reading>(Math.max(r.n % 3, 0)).fill(r)),
    onArray: (values) => values.flatMap((r) => Array<Reading>(Math.max(r.n % 3, 0)).fill(r)),
  },
]

test('chains of operators make what the same methods of arrays make, in order', async () => {
  const chains = fc.array(fc.constantFrom(...steps), { maxLength: 4 })
  await fc.assert(
    fc.asyncProperty(elements, chains, chains, async (input, chain, other) => {
      const through = (by: readonly Step[]) => (stream: Stream<Reading>) =>
        by.reduce((each, { operator }) => operator(each), stream)
      const onArray = (by: readonly Step[], values: readonly Reading[]) =>
        by.reduce((each, { onArray }) => onArray(each), values)
      const driven = run(
        pipeline(
          'p',
          readings('1h'),
          through(chain),
          branch(
            pipe(through(other), all('branched')),
            split(({ n }: Reading) => (n > 3 ? 'large' : 'small'), {
              large: all('large'),
              small: all('small'),
            }),
          ),
        ),
        { batchSize: 3 },
      ).send(...input)
      const expected = onArray(chain, input)
      expect(await emitted(driven, 'branched')).toEqual(onArray(other, expected))
      expect(await emitted(driven, 'large')).toEqual(expected.filter(({ n }) => n > 3))
      expect(await emitted(driven, 'small')).toEqual(expected.filter(({ n }) => n <= 3))
    }),
    { numRuns: 100 },
  )
})

const BOUND = 20
/** Elements with times and numbers of their own, in two orders that the source's `maxOutOfOrderness` allows. */
const twoOrders = fc
  .array(
    fc.tuple(
      fc.nat({ max: 4 }),
      fc.integer({ min: 1, max: 5 }),
      fc.nat({ max: BOUND }),
      fc.nat({ max: BOUND }),
    ),
    {
      minLength: 1,
      maxLength: 30,
    },
  )
  .map((drawn) => {
    let at = 0
    const timed = drawn.map(([key, step, one, two], index) => {
      at += step
      return { r: reading(at, (index * 37) % 101, `key-${key}`), one: at + one, two: at + two }
    })
    const by = (which: 'one' | 'two') => timed.toSorted((a, b) => a[which] - b[which]).map(({ r }) => r)
    return [by('one'), by('two')] as const
  })

const everything = aggregate({
  count: count(),
  sum: sum((r: Reading) => r.n / 7),
  min: min((r: Reading) => r.n),
  max: max((r: Reading) => r.n),
  mean: mean((r: Reading) => r.n / 3),
  first: first((r: Reading) => r.n),
  last: last((r: Reading) => r.n),
  list: collect((r: Reading) => r.n, { limit: 4 }),
  best: topK(2, (r: Reading) => r.n),
  distinct: countDistinct((r: Reading) => r.n % 5),
  about: approximateCountDistinct((r: Reading) => r.n),
  median: quantiles((r: Reading) => r.n, { median: 0.5 }),
  even: where(
    (r: Reading) => r.n % 2 === 0,
    mean((r: Reading) => r.n),
    null,
  ),
})

test('for every order within the bound, tables hold the same in the end', async () => {
  const made = () =>
    pipeline(
      'p',
      readingsOfOneShard(`${BOUND}ms`),
      branch(
        pipe(
          keyBy(),
          window('w', { over: tumbling('15ms'), aggregate: everything }),
          dynamodb.sink({
            table: 'windows',
            key: ['key', 'start'],
            item: ({ key, start, value }) => ({ key, start, value }),
          }),
        ),
        pipe(
          keyBy((r: Reading) => `parity ${r.n % 2}`),
          reduce('running', { aggregate: everything, ttl: 'forever' }),
          dynamodb.sink({ table: 'running', key: ['key'], item: ({ key, value }) => ({ key, value }) }),
        ),
        pipe(
          keyBy(),
          topN('best', { n: 3, by: (r: Reading) => r.n, ttl: 'forever' }),
          dynamodb.sink({
            table: 'best',
            key: ['key', 'rank'],
            item: ({ rank, value }) => ({ ...value, rank }),
          }),
        ),
      ),
    )
  await fc.assert(
    fc.asyncProperty(twoOrders, async ([one, two]) => {
      const tables = async (input: readonly Reading[], batchSize: number) => {
        const driven = run(made(), { batchSize })
          .send(...input)
          .end()
        expect(await driven.deadLetters()).toEqual([])
        return Promise.all(['windows', 'running', 'best'].map((table) => driven.output(table)))
      }
      expect(await tables(two, 3)).toEqual(await tables(one, 100))
    }),
    { numRuns: 100 },
  )
})
