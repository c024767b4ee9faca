import fc from 'fast-check'
import { expect } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { Reshard } from '../../lib/testing/driven-stream.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { max } from '../../lib/windows/aggregates/max.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { failures, outcomes, type Reading, reading, readings, run } from '../support/readings.ts'

const SIZE = 10
/** No event comes later than this after a later one: none is late. */
const DISORDER = 20

const totals = aggregate({
  n: count(),
  sum: sum((r: Reading) => r.n),
  worst: max((r: Reading) => r.n),
})

const group = ({ n }: Reading): string => `group ${n % 7}`

const grouped = (): Pipeline =>
  pipeline(
    'p',
    readings(`${DISORDER}ms`),
    filter(({ n }: Reading) => n >= 0),
    keyBy(group),
    window('w', { over: tumbling(`${SIZE}ms`), aggregate: totals }),
    dynamodb.sink({
      table: 'out',
      key: ['key', 'start'],
      item: ({ key, start, value }: Windowed<string, object>) => ({ key, start, ...value }),
    }),
  )

/** What the pipeline must come to, computed straight. */
function straight(values: readonly Reading[]): object[] {
  const panes = new Map<string, { key: string; start: number; n: number; sum: number; worst: number }>()
  for (const value of values) {
    const start = Math.floor(value.at / SIZE) * SIZE
    const key = group(value)
    const pane = panes.get(`${key} ${start}`) ?? { key, start, n: 0, sum: 0, worst: 0 }
    pane.n++
    pane.sum += value.n
    pane.worst = Math.max(pane.worst, value.n)
    panes.set(`${key} ${start}`, pane)
  }
  return [...panes.values()].sort((a, b) => (a.key === b.key ? a.start - b.start : a.key < b.key ? -1 : 1))
}

type Step =
  | { readonly do: 'send'; readonly values: readonly (readonly [late: number, n: number, key: number])[] }
  | { readonly do: 'redeliver'; readonly records: number }
  | { readonly do: 'restart' }
  | { readonly do: 'reshard'; readonly exchange: boolean; readonly merge: boolean; readonly which: number }

const steps = fc.array(
  fc.oneof(
    {
      weight: 5,
      arbitrary: fc.record({
        do: fc.constant('send' as const),
        values: fc.array(
          fc.tuple(
            fc.integer({ min: 0, max: DISORDER }),
            fc.integer({ min: 0, max: 99 }),
            fc.nat({ max: 20 }),
          ),
          { minLength: 1, maxLength: 12 },
        ),
      }),
    },
    fc.record({ do: fc.constant('redeliver' as const), records: fc.integer({ min: 1, max: 30 }) }),
    fc.record({ do: fc.constant('restart' as const) }),
    fc.record({
      do: fc.constant('reshard' as const),
      exchange: fc.boolean(),
      merge: fc.boolean(),
      which: fc.nat({ max: 9 }),
    }),
  ),
  { minLength: 1, maxLength: 15 },
)

/** The shards of a stream, and how it can be resharded. */
class Shards {
  #made: number
  /** the open ones, in the order of their hash keys */
  readonly #open: number[]

  constructor(count: number) {
    this.#made = count
    this.#open = Array.from({ length: count }, (_, number) => number)
  }

  next(merge: boolean, which: number): Reshard | undefined {
    const place = which % this.#open.length
    const [one, other] = this.#open.slice(place, place + 2)
    if (one === undefined || (merge && other === undefined)) return
    if (merge && other !== undefined) {
      this.#open.splice(place, 2, this.#made++)
      return { merge: [one, other] }
    }
    this.#open.splice(place, 1, this.#made++, this.#made++)
    return { split: one }
  }
}

/** Shards, batches and steps. */
export const scenario = fc.record({
  shards: fc.constantFrom(1, 2, 4, 8),
  exchangeShards: fc.constantFrom(1, 2, 3),
  batchSize: fc.integer({ min: 1, max: 10 }),
  steps,
})

type Scenario = typeof scenario extends fc.Arbitrary<infer S> ? S : never

async function play({ steps: all, ...options }: Scenario) {
  const driven = run(grouped(), options)
  const sourceShards = new Shards(options.shards)
  const exchangeShards = new Shards(options.exchangeShards)
  const sent: Reading[] = []
  let now = 0
  for (const step of all as readonly Step[]) {
    if (step.do === 'redeliver') driven.redeliver(step.records)
    else if (step.do === 'restart') driven.restart()
    else if (step.do === 'reshard') {
      const { exchange, merge, which } = step
      const change = (exchange ? exchangeShards : sourceShards).next(merge, which)
      if (change !== undefined) driven.reshard(change, exchange ? 'p.w' : 'readings')
    } else {
      // Shards are delivered one after the other: each is far ahead of the next one's first element.
      const values = step.values.map(([late, n, key], index) =>
        reading(Math.max(0, now + index * SIZE - late), n, `k${key}`),
      )
      now += step.values.length * SIZE
      sent.push(...values)
      driven.send(...values)
    }
  }
  driven.end()
  return { driven, sent }
}

/** Plays a scenario to the end of the stream, and compares the panes with a straight computation. */
export async function expectStraight(given: Scenario): Promise<void> {
  const { driven, sent } = await play(given)
  const panes = straight(sent)
  expect(await failures(driven)).toEqual([])
  expect(await driven.output()).toEqual(panes)
  const counted = await outcomes(driven, 'w')
  expect([counted.in, counted.closedPanes ?? 0]).toEqual([sent.length, panes.length])
}
