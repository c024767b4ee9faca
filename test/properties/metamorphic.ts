import { setImmediate as nextTurn } from 'node:timers/promises'
import fc from 'fast-check'
import { expect } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { elementsIn } from '../../lib/core/counters.ts'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import type { Place } from '../../lib/core/place.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { type Reduced, reduce } from '../../lib/operators/reduce.ts'
import { split } from '../../lib/operators/split.ts'
import { type Ranked, topN } from '../../lib/operators/top-n.ts'
import { window } from '../../lib/operators/window.ts'
import type { Aggregate, MergingAggregate } from '../../lib/windows/aggregate.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { countDistinct } from '../../lib/windows/aggregates/count-distinct.ts'
import { last } from '../../lib/windows/aggregates/last.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { where } from '../../lib/windows/aggregates/where.ts'
import { counting } from '../../lib/windows/counting.ts'
import { global } from '../../lib/windows/global.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { session } from '../../lib/windows/session.ts'
import { sliding } from '../../lib/windows/sliding.ts'
import { every } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings, readingsOfOneShard } from '../support/readings.ts'
import type { Fault } from '../support/state-faults.ts'
import { type Put, type Sandbox, World } from '../support/state-world.ts'

/** Throws now and then an error that the next attempt does not see again. */
type Flaky = (place: string, value: Reading) => void

const BROKEN = 13

/** Breaks for good at some elements, half-way through changing its accumulator. */
const listed: Aggregate<Reading, { values: number[] }, readonly number[]> = {
  create: () => ({ values: [] }),
  add(accumulator, { n }) {
    accumulator.values.push(n)
    if (n === BROKEN) throw new Error(`${n} is not wanted`)
    return accumulator
  },
  result: ({ values }) => {
    if (values.length % 7 === 6) throw new Error('seven less one')
    return values
  },
}

/** Breaks for good at some elements and, now and then, at a pane. */
const united: MergingAggregate<Reading, number[], readonly number[]> = {
  create: () => [],
  add(values, { n }) {
    values.push(n)
    if (n === BROKEN) throw new Error(`${n} is not wanted`)
    return values
  },
  merge(a, b) {
    if (a.length % 5 === 4 && b.length % 3 === 2) throw new Error('five less one, three less one')
    return [...a, ...b]
  },
  result: (values) => values.toSorted((a, b) => a - b),
}

const summed = aggregate({ n: count(), sum: sum(({ n }: Reading) => n) })

/** Accumulators so large that snapshots do not fit into entries. */
const heavy: Aggregate<Reading, { readonly pad: string; n: number }, number> = {
  create: () => ({ pad: '', n: 0 }),
  add: ({ n }, value) => ({ pad: padOf(value.n + n), n: n + value.n }),
  result: ({ n }) => n,
}

/** 3 kB that do not compress. */
const padOf = (seed: number): string => {
  let text = ''
  for (let state = seed * 7_919 + 1; text.length < 3_000; ) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    text += state.toString(36)
  }
  return text
}

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

const ten = tumbling('10ms')

/** Pipelines of every kind that is there; each is made anew for every world. */
export const PIPELINES: Readonly<Record<string, (flaky: Flaky) => Pipeline>> = {
  window: (flaky) =>
    pipeline(
      'p',
      readings('5ms'),
      filter((r) => {
        flaky('filter', r)
        return r.n !== 3
      }),
      keyBy(),
      window('w', { over: ten, aggregate: summed }),
      panes('out'),
    ),
  lateness: () =>
    pipeline(
      'p',
      readings('2ms'),
      keyBy(),
      window('w', { over: ten, aggregate: listed, allowedLateness: '15ms', late: all('late') }),
      all('out'),
    ),
  'async map': (flaky) =>
    pipeline(
      'p',
      readings('3ms'),
      filter(({ n }) => n % 5 !== 4),
      map((r) => (r.n % 3 === 0 ? r : slowly(flaky, r)), { concurrency: 3 }),
      keyBy(),
      window('w', { over: ten, aggregate: listed, late: all('late') }),
      all('out'),
    ),
  sliding: (flaky) =>
    pipeline(
      'p',
      readings('4ms'),
      keyBy(),
      window('w', {
        over: sliding('12ms', '5ms'),
        aggregate: {
          ...united,
          add(values: number[], r: Reading, place: Place) {
            flaky('add', r)
            return united.add(values, r, place)
          },
        },
        allowedLateness: '9ms',
        late: all('late'),
      }),
      all('out'),
    ),
  'sliding retracting': (flaky) =>
    pipeline(
      'p',
      readings('4ms'),
      branch(
        pipe(
          keyBy(),
          window('early', {
            over: sliding('12ms', '5ms'),
            aggregate: {
              ...united,
              add(values: number[], r: Reading, place: Place) {
                flaky('add', r)
                return united.add(values, r, place)
              },
            },
            emit: every('6ms'),
            panes: 'retracting',
            allowedLateness: '9ms',
          }),
          all('early'),
        ),
        pipe(
          keyBy(),
          window('updates', {
            over: sliding('15ms', '5ms'),
            aggregate: united,
            emit: 'onUpdate',
            panes: 'retracting',
            late: 'drop',
          }),
          all('updates'),
        ),
      ),
    ),
  session: (flaky) =>
    pipeline(
      'p',
      readings('6ms'),
      keyBy(),
      window('w', {
        over: session('8ms'),
        aggregate: {
          ...united,
          add(values: number[], r: Reading, place: Place) {
            flaky('add', r)
            return united.add(values, r, place)
          },
        },
        allowedLateness: '9ms',
        late: all('late'),
      }),
      all('out'),
    ),
  'session retracting': (flaky) =>
    pipeline(
      'p',
      readings('6ms'),
      branch(
        pipe(
          keyBy(),
          window('early', {
            over: session('8ms'),
            aggregate: {
              ...united,
              add(values: number[], r: Reading, place: Place) {
                flaky('add', r)
                return united.add(values, r, place)
              },
            },
            emit: every('5ms'),
            panes: 'retracting',
            allowedLateness: '9ms',
          }),
          all('early'),
        ),
        pipe(
          keyBy(),
          window('news', { over: session('8ms'), aggregate: united, emit: 'onUpdate', panes: 'discarding' }),
          all('news'),
        ),
      ),
    ),
  triggered: (flaky) =>
    pipeline(
      'p',
      readings('4ms'),
      branch(
        pipe(
          keyBy(),
          window('early', {
            over: tumbling('20ms'),
            aggregate: {
              ...listed,
              add(accumulator: { values: number[] }, r: Reading, place: Place) {
                flaky('add', r)
                return listed.add(accumulator, r, place)
              },
            },
            emit: every('6ms'),
            panes: 'retracting',
            allowedLateness: '9ms',
          }),
          all('early'),
        ),
        pipe(
          keyBy(),
          window('ever', { over: global(), aggregate: listed, emit: 'onUpdate', panes: 'discarding' }),
          all('ever'),
        ),
        pipe(keyBy(), window('three', { over: counting(3), aggregate: listed }), all('three')),
      ),
    ),
  branches: (flaky) =>
    pipeline(
      'p',
      readings('4ms'),
      branch(
        pipe(
          map(async (r: Reading) => slowly(flaky, r)),
          keyBy(),
          window('one', { over: ten, aggregate: listed }),
          all('one'),
        ),
        pipe(
          keyBy(),
          window('two', { over: tumbling('25ms'), aggregate: summed, allowedLateness: '10ms' }),
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
  chained: (flaky) =>
    pipeline(
      'p',
      readings('3ms'),
      keyBy(),
      window('fine', {
        over: ten,
        aggregate: {
          ...listed,
          add(accumulator, r, place) {
            flaky('add', r)
            return listed.add(accumulator, r, place)
          },
        },
        allowedLateness: '10ms',
      }),
      map(async ({ key, start, value }) => ({ key, at: start, n: value.length })),
      keyBy(),
      window('coarse', { over: tumbling('40ms'), aggregate: summed, late: all('late') }),
      panes('out'),
    ),
  reduce: (flaky) =>
    pipeline(
      'p',
      readings('5ms'),
      keyBy(),
      reduce('running', {
        aggregate: aggregate({
          n: count(),
          distinct: countDistinct(({ n }: Reading) => n),
          latest: where(
            ({ n }: Reading) => n % 2 === 0,
            last(({ n }: Reading) => n),
            null,
          ),
          broken: {
            create: () => 0,
            add(before: number, r: Reading) {
              flaky('add', r)
              if (r.n === BROKEN) throw new Error('broken in an aggregate')
              return before + r.n
            },
            result: (value: number) => value,
          },
        }),
        ttl: '12ms',
      }),
      split(({ value }: Reduced<string, { n: number }>) => (value.n % 3 === 0 ? 'third' : 'other'), {
        third: all('third'),
        other: pipe(keyBy(), window('w', { over: ten, aggregate: count(), late: all('late') }), all('out')),
      }),
    ),
  topN: (flaky) =>
    pipeline(
      'p',
      readingsOfOneShard('5ms'),
      branch(
        pipe(
          keyBy((r: Reading) => {
            flaky('key', r)
            if (r.n === 11) throw new Error('no key')
            return r.n % 2 === 0 ? 'even' : 'odd'
          }),
          topN('best', { n: 3, by: ({ n }) => n, ttl: '15ms' }),
          dynamodb.sink({
            table: 'ranks',
            key: ['parity', 'rank'],
            item: ({ key, rank, value }: Ranked<string, Reading>) => ({ parity: key, rank, ...value }),
          }),
        ),
        pipe(
          keyBy(),
          topN('newest', { n: 2, by: ({ at }: Reading) => at, id: ({ n }) => `${n % 3}`, ttl: 'forever' }),
          all('changes'),
        ),
      ),
    ),
  heavy: () =>
    pipeline(
      'p',
      readings('20ms'),
      keyBy(),
      window('w', { over: tumbling('30ms'), aggregate: heavy, allowedLateness: '20ms' }),
      panes('out'),
    ),
  stateless: (flaky) =>
    pipeline(
      'p',
      readings(),
      branch(
        pipe(
          map(async (r: Reading) => slowly(flaky, r)),
          all('one'),
        ),
        pipe(
          filter((r: Reading) => {
            if (r.n === BROKEN) throw new Error('broken in the branch')
            return r.n > 5
          }),
          all('two'),
        ),
      ),
    ),
}

async function slowly(flaky: Flaky, r: Reading): Promise<Reading> {
  if (r.n % 2 === 0) await nextTurn()
  flaky('slowly', r)
  if (r.n === BROKEN) throw new Error('broken in a promise')
  return r
}

/** One delivery to a sandbox. */
interface Step {
  readonly sandbox: 0 | 1
  /** whether the sandbox is a new one */
  readonly cold: boolean
  /** how far before the first record that is not done the batch begins, and how many records above that it brings */
  readonly back: number
  readonly size: number
  readonly fault: Fault | undefined
  /** whether a zombie goes on before it */
  readonly zombie: boolean
}

export interface Case {
  readonly records: readonly Put[]
  readonly steps: readonly Step[]
  readonly ringSize: number
  readonly maxEntryBytes: number
  /** values at which user code throws, once, an error that a retry cures */
  readonly flaky: readonly number[]
}

const record: fc.Arbitrary<Put> = fc
  .record({
    kind: fc.constantFrom(
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
      'good',
      'broken',
      'undecodable',
      'future',
    ),
    key: fc.constantFrom('a', 'b', 'é', ''),
    step: fc.integer({ min: -25, max: 18 }),
    n: fc.integer({ min: 0, max: 12 }),
  })
  .map(({ kind, key, step, n }) => {
    const data = kind === 'undecodable' ? 'nonsense' : `${key} ${step} ${kind === 'broken' ? BROKEN : n}`
    return { partitionKey: key, data: kind === 'future' ? `${key} 9e9 1` : data, arrival: step }
  })

/** Records whose time goes on, with jumps back. */
const records = fc.array(record, { minLength: 1, maxLength: 40 }).map((puts) => {
  let now = 1_000
  return puts.map(({ partitionKey, data, arrival: step }): Put => {
    now += Math.max(step, 0)
    const [key, at, n] = data.split(' ')
    if (n === undefined || at === '9e9') return { partitionKey, data, arrival: now }
    return { partitionKey, data: `${key} ${now + Math.min(step, 0)} ${n}`, arrival: now }
  })
})

const fault: fc.Arbitrary<Fault> = fc.record({
  at: fc.integer({ min: 0, max: 9 }),
  when: fc.constantFrom('before', 'half', 'after'),
  how: fc.constantFrom('retryable', 'fatal', 'stop'),
})

const step: fc.Arbitrary<Step> = fc.record({
  sandbox: fc.constantFrom(0, 1),
  cold: fc.boolean(),
  back: fc.oneof({ weight: 3, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.nat({ max: 40 }) }),
  size: fc.integer({ min: 1, max: 8 }),
  fault: fc.option(fault, { nil: undefined }),
  zombie: fc.boolean(),
})

export const cases: fc.Arbitrary<Case> = fc.record({
  records,
  steps: fc.array(step, { minLength: 4, maxLength: 30 }),
  ringSize: fc.integer({ min: 2, max: 5 }),
  maxEntryBytes: fc.constantFrom(390_000, 390_000, 600, 300),
  flaky: fc.uniqueArray(fc.integer({ min: 0, max: 12 }), { maxLength: 3 }),
})

/** So many sandboxes may be killed in one case: more at one position would make a record a dead letter (R17). */
const MOST_KILLS = 3

/** The world after a plain run: one sandbox, one batch. */
async function plain(make: (flaky: Flaky) => Pipeline, { records, ringSize }: Case): Promise<World> {
  const world = new World(
    make(() => {}),
    { ringSize },
  )
  const sandbox = world.sandbox()
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: undefined })
  await world.end(sandbox)
  return world
}

/** The world after the case's steps, whatever they break, and after what is then left. */
async function shaken(make: (flaky: Flaky) => Pipeline, it: Case): Promise<World> {
  const { records, steps, ringSize, maxEntryBytes } = it
  const flaky = new Set(it.flaky)
  const world = new World(
    make((place, { n }) => {
      if (flaky.delete(n)) throw new RetryableError(`${place}: not now`)
    }),
    { ringSize, maxEntryBytes },
  )
  const sandboxes: [Sandbox, Sandbox] = [world.sandbox(), world.sandbox()]
  const zombies: Sandbox[] = []
  let done = 0
  let kills = 0
  for (const { sandbox: which, cold, back, size, fault: wanted, zombie } of steps) {
    if (done === records.length && back === 0) continue
    if (zombie) await wake(zombies.shift())
    if (cold) sandboxes[which] = world.sandbox()
    const fault = wanted?.how === 'stop' && kills === MOST_KILLS ? undefined : wanted
    const from = Math.max(0, done - back)
    const to = Math.min(records.length, from + size)
    const sandbox = sandboxes[which]
    const answer = await world.deliver(sandbox, records, [from, to], fault)
    if (answer.kind === 'done') done = Math.max(done, answer.failedAt ?? to)
    if (answer.kind === 'stopped') {
      kills++
      zombies.push(sandbox)
      sandboxes[which] = world.sandbox()
    }
  }
  for (let tries = 0; done < records.length; tries++) {
    expect(tries, 'the rest does not get through').toBeLessThan(200)
    const to = Math.min(records.length, done + 5)
    const answer = await world.deliver(sandboxes[tries % 2 === 0 ? 0 : 1], records, [done, to])
    if (answer.kind === 'failed') throw answer.error
    if (answer.kind === 'done') done = answer.failedAt ?? to
  }
  await world.end(sandboxes[0])
  while (zombies.length > 0) await wake(zombies.shift())
  await world.end(world.sandbox())
  return world
}

async function wake(zombie: Sandbox | undefined): Promise<void> {
  if (zombie === undefined) return
  zombie.calls.goOn()
  for (let turn = 0; turn < 10; turn++) await nextTurn()
}

/** Each operator took exactly what those before it made. */
function expectConservation(make: (flaky: Flaky) => Pipeline, world: World, records: number): void {
  const totals = world.totals()
  if (totals === undefined) return
  const { source } = totals
  expect(source && elementsIn(source)).toBe(records)
  for (const { in: into, out } of flows(
    make(() => {}),
    totals,
  ))
    expect(into).toBe(out)
}

function* flows(
  { operators, sinks }: Pipeline,
  totals: NonNullable<ReturnType<World['totals']>>,
): Generator<{ in: number; out: number }> {
  const labels = new Map<object, string>()
  const seen = new Map<string, number>()
  for (const node of [...operators, ...sinks]) {
    const base = node.kind === 'sink' ? `${node.op}(${node.target.table})` : (node.name ?? node.op)
    const times = (seen.get(base) ?? 0) + 1
    seen.set(base, times)
    labels.set(node, times === 1 ? base : `${base}-${times}`)
  }
  for (const node of [...operators, ...sinks]) {
    const { node: feeder, port } = node.input
    const own = totals[labels.get(node) ?? '']
    const above = totals[feeder.kind === 'source' ? 'source' : (labels.get(feeder) ?? '')]
    if (own === undefined || above === undefined) throw new Error(`no counters of ${labels.get(node)}`)
    if (port === 'late') yield { in: elementsIn(own), out: above.late }
    // Several outputs of a split, several results of a top-N; a pane whose result threw is a dead letter, and
    // none of its operator's elements.
    else if (!['window', 'split', 'topN'].includes(feeder.op))
      yield { in: elementsIn(own), out: above.passed }
  }
}

/** What shakes the runtime must not show: in the sinks, the dead letters and the totals. */
export async function expectUnshaken(name: string, it: Case): Promise<void> {
  const make = PIPELINES[name]
  if (make === undefined) throw new Error(`no pipeline ${name}`)
  const expected = await plain(make, it)
  const world = await shaken(make, it)
  expect(world.contents()).toEqual(expected.contents())
  expect(world.totals()).toEqual(expected.totals())
  expectConservation(make, world, it.records.length)
}
