import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import type { Duration } from '../../lib/core/duration.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import type { Sink, Stream } from '../../lib/core/stream.ts'
import { branch } from '../../lib/operators/branch.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { type EffectCall, effect } from '../../lib/operators/effect.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import type { Aggregate } from '../../lib/windows/aggregate.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { BROKEN, KILLER, MAX_SKEW, type Reading, textCodec } from './records.ts'

/** What the simulation does inside of user code. */
export interface UserCode {
  /** Throws now and then an error that a retry cures. */
  flaky(): void
  /** The value, when the scheduler says so. */
  later<A>(value: A): Promise<A>
  /** Does something outside of the pipeline. */
  effect(key: string, signal: AbortSignal): Promise<void>
  /** Ends the process. */
  kill(): never
}

export const STREAM = 'sim'

const source = (bound: Duration, user?: UserCode): Stream<Reading> =>
  kinesis.source({
    stream: STREAM,
    codec: textCodec(user && ((value) => user.later(value))),
    eventTime: ({ at }) => at,
    maxOutOfOrderness: bound,
    maxFutureSkew: `${MAX_SKEW}ms`,
  })

/** Every element, as an item of its own. */
const all =
  <A>(table: string): Sink<A> =>
  (input) =>
    dynamodb.sink({ table, mode: 'append', key: ['id'], item: (value: A) => ({ value }) })(input)

const panes = <Result>(table: string) =>
  dynamodb.sink({
    table,
    key: ['key', 'start'],
    item: ({ key, start, value, pane }: Windowed<string, Result>) => ({
      key,
      start,
      value,
      pane: pane.index,
    }),
  })

/** One item per key: the newest pane of all. */
const newest = <Result>(table: string) =>
  dynamodb.sink({
    table,
    key: ['key'],
    item: ({ key, start, value }: Windowed<string, Result>) => ({ key, start, value }),
  })

/** Collects numbers; breaks half-way through a change, for now and for good. */
const listed = (user: UserCode): Aggregate<Reading, { values: number[] }, readonly number[]> => ({
  create: () => ({ values: [] }),
  add(accumulator, { n }) {
    accumulator.values.push(n)
    user.flaky()
    if (n === BROKEN) throw new Error(`${n} is not wanted`)
    return accumulator
  },
  result: ({ values }) => [...values],
})

const summed = aggregate({ n: count(), sum: sum(({ n }: Reading) => n) })

/** Accumulators so large that snapshots do not fit into entries. */
const heavy: Aggregate<Reading, { readonly pad: string; n: number }, number> = {
  create: () => ({ pad: '', n: 0 }),
  add: ({ n }, value) => ({ pad: padOf(value.n + n), n: n + value.n }),
  result: ({ n }) => n,
}

/** 3 kB that hardly compress. */
function padOf(seed: number): string {
  let text = ''
  for (let state = seed * 7_919 + 1; text.length < 3_000; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text
}

const ten = tumbling('10ms')

const slowly = (user: UserCode) => async (r: Reading) => {
  const reading = r.n % 2 === 0 ? await user.later(r) : r
  if (reading.n === BROKEN) throw new Error('broken in a promise')
  return reading
}

/** An effect for each key and number; several records may have the same. */
const outside = (user: UserCode, onUnknown: 'retry' | 'dead-letter') =>
  effect<Reading>(
    'outside',
    ({ n }: Reading, { key, signal }: EffectCall) => {
      if (n === BROKEN) throw new Error('broken in an effect')
      return user.effect(key, signal)
    },
    { key: effectKey, within: '1d', onUnknown, concurrency: onUnknown === 'retry' ? 4 : 1 },
  )

/** Names the effect of a reading. */
const effectKey = ({ key, n }: Pick<Reading, 'key' | 'n'>): string => `${key}-${n}`

/** Pipelines of every kind; each sandbox makes its own. */
export const PIPELINES: Readonly<Record<string, (user: UserCode) => Pipeline>> = {
  window: (user) =>
    pipeline(
      'p',
      source('5ms'),
      filter((r) => {
        user.flaky()
        if (r.n === KILLER) user.kill()
        return r.n !== 3
      }),
      keyBy(),
      window('w', { over: ten, aggregate: summed, late: 'drop' }),
      newest('out'),
    ),
  lateness: (user) =>
    pipeline(
      'p',
      source('2ms', user),
      keyBy(),
      window('w', { over: ten, aggregate: listed(user), allowedLateness: '15ms', late: all('late') }),
      panes('out'),
    ),
  asyncMap: (user) =>
    pipeline(
      'p',
      source('3ms'),
      filter(({ n }) => n % 5 !== 4),
      map((r) => (r.n % 3 === 0 ? r : slowly(user)(r)), { concurrency: 3 }),
      keyBy(),
      window('w', { over: ten, aggregate: listed(user), late: all('late') }),
      all('out'),
    ),
  branches: (user) =>
    pipeline(
      'p',
      source('4ms'),
      branch(
        pipe(map(slowly(user)), keyBy(), window('one', { over: ten, aggregate: summed }), all('one')),
        pipe(
          keyBy(),
          window('two', { over: tumbling('25ms'), aggregate: listed(user), allowedLateness: '10ms' }),
          panes('two'),
        ),
        pipe(
          map((r: Reading) => {
            if (r.n === BROKEN) throw new Error('broken in the branch')
            return r.n
          }),
          all('three'),
        ),
      ),
    ),
  chained: (user) =>
    pipeline(
      'p',
      source('3ms'),
      keyBy(),
      window('fine', { over: ten, aggregate: listed(user), allowedLateness: '10ms' }),
      map(async ({ key, start, value }) => user.later({ key, at: start, n: value.length })),
      keyBy(),
      window('coarse', { over: tumbling('40ms'), aggregate: summed, late: all('late') }),
      panes('out'),
    ),
  deduped: (user) =>
    pipeline(
      'p',
      source('5ms', user),
      dedupe('once', { by: ({ key, n }) => `${key} ${n}`, within: '20ms' }),
      keyBy(),
      window('w', { over: ten, aggregate: summed }),
      all('out'),
    ),
  heavy: () =>
    pipeline(
      'p',
      source('20ms'),
      keyBy(),
      window('w', { over: tumbling('30ms'), aggregate: heavy, allowedLateness: '20ms' }),
      panes('out'),
    ),
  effect: (user) =>
    pipeline(
      'p',
      source('3ms', user),
      outside(user, 'retry'),
      keyBy(),
      window('w', { over: ten, aggregate: listed(user), allowedLateness: '10ms' }),
      panes('out'),
    ),
  effectOnce: (user) => pipeline('p', source('0ms'), outside(user, 'dead-letter'), all('out')),
  counted: (user) =>
    pipeline(
      'p',
      source('4ms'),
      map(slowly(user)),
      keyBy(),
      window('w', { over: ten, aggregate: summed, late: 'drop' }),
      dynamodb.sink({
        table: 'out',
        mode: 'increment',
        key: ['key'],
        item: ({ key, value }) => ({ key, panes: 1, ...value }),
      }),
    ),
  stateless: (user) =>
    pipeline(
      'p',
      source('0ms', user),
      branch(
        pipe(map(slowly(user)), all('one')),
        pipe(
          filter((r: Reading) => {
            user.flaky()
            if (r.n === BROKEN) throw new Error('broken in the branch')
            return r.n > 5
          }),
          all('two'),
        ),
      ),
    ),
}
