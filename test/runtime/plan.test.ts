import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { planOf, plansOf } from '../../lib/runtime/plan.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings, readingsOfOneShard } from '../support/readings.ts'

const counted = (name: string) => window(name, { over: tumbling('10ms'), aggregate: count() })
const same = map((r: Reading) => r)
const labels = (of: Pipeline): string[] => {
  const plan = planOf(of)
  return [...of.operators, ...of.sinks].map((node) => plan.label(node))
}

test('parts are called by their names, by what they do, and by a number from the second on', () => {
  const branches = branch(pipe(same, same, all('one')), pipe(keyBy(), counted('w'), all('one')))
  expect(labels(pipeline('p', readings(), same, branches))).toEqual([
    'map',
    'map-2',
    'map-3',
    'w',
    'dynamodb.sink(one)',
    'dynamodb.sink(one)-2',
  ])
})

test.each(['map', 'map-2', 'dead-letters', 'dynamodb.sink(out)'])(
  'an operator that the user named %s keeps its name, and no other part has it',
  (name) => {
    const named = pipeline('p', readings(), same, same, keyBy(), counted(name), all('out'))
    const plan = planOf(named)
    const parts = labels(named)
    expect(parts[2]).toBe(name)
    expect(new Set(parts).size).toBe(parts.length)
    expect(plan.signatures).toEqual({ [name]: 'tumbling 10 ms: count' })
  },
)

test('no operator can take the name of the source', () => {
  expect(() => planOf(pipeline('p', readings(), keyBy(), counted('source'), all()))).toThrow(
    `an operator of pipeline 'p' is named 'source', as the source is in counters and dead letters: give it another name`,
  )
})

test('state comes from operators with a signature, the first of which names the stage', () => {
  const plan = planOf(pipeline('p', readings(), keyBy(), counted('b'), keyBy(), counted('a'), all()))
  expect(plan.stage).toBe('b')
  expect(plan.signatures).toEqual({ a: 'tumbling 10 ms: count', b: 'tumbling 10 ms: count' })
  expect(planOf(pipeline('p', readings(), same, all())).stage).toBeUndefined()
})

test('more parts than an order has numbers for are refused', () => {
  const sinks = (n: number) => {
    const [first, second, ...rest] = Array.from({ length: n }, (_, index) => all<Reading>(`table-${index}`))
    if (first === undefined || second === undefined) throw new Error('at least two')
    return pipeline(
      'p',
      readings(),
      filter(({ n }: Reading) => n > 0),
      branch(first, second, ...rest),
    )
  }
  expect(() => planOf(sinks(127))).not.toThrow()
  expect(() => planOf(sinks(128))).toThrow(ConfigurationError)
  expect(() => planOf(sinks(128))).toThrow(`pipeline 'p' has 1 operators and 128 sinks: expected at most 255`)
})

describe('keyBy(f)', () => {
  const byNumber = keyBy(({ n }: Reading) => `${n}`)
  const stages = (of: Pipeline) => plansOf(of).map(({ stage, streams }) => [stage, ...streams])

  test('cuts a pipeline into stages, each named by its first operator with state, or as the source', () => {
    expect(stages(pipeline('p', readings(), same, byNumber, counted('w'), all()))).toEqual([
      ['source', 'readings'],
      ['w', 'p.w'],
    ])
    const [first, second] = plansOf(
      pipeline(
        'p',
        readings(),
        keyBy(),
        counted('a'),
        keyBy(({ value }) => `${value}`),
        counted('b'),
        all('out'),
      ),
    )
    expect(first).toMatchObject({ stage: 'a', sinks: [], to: [{ name: 'b', stream: 'p.b', label: 'keyBy' }] })
    expect(second).toMatchObject({
      stage: 'b',
      sources: [],
      to: [],
      sinks: [{ label: 'dynamodb.sink(out)' }],
      producers: [{ stage: 'a', streams: ['readings'] }],
    })
  })

  test('in a branch cuts this branch only', () => {
    const [first, second] = plansOf(
      pipeline('p', readings(), branch(all('one'), pipe(byNumber, counted('w'), all('two')))),
    )
    expect(first?.sinks.map(({ label }) => label)).toEqual(['dynamodb.sink(one)'])
    expect(second?.sinks.map(({ label }) => label)).toEqual(['dynamodb.sink(two)'])
  })

  test('cuts nothing where the source has one shard', () => {
    const plans = plansOf(pipeline('p', readingsOfOneShard(), byNumber, counted('w'), all()))
    expect(plans).toMatchObject([{ stage: 'w', to: [] }])
  })

  test('whose elements have state behind it must have a name that a stream can have', () => {
    expect(() => planOf(pipeline('p', readings(), byNumber, counted('by the hour'), all()))).toThrow(
      `the elements of 'keyBy' need a stream, and 'p.by the hour' cannot name one: expected at most 128 letters, digits, '.', '_' or '-'; give 'by the hour' another name`,
    )
  })

  test('is part of what must not change while there is state, and so is the side on which an operator stands', () => {
    expect(planOf(pipeline('p', readings(), byNumber, counted('w'), all())).signatures).toEqual({
      w: `tumbling 10 ms: count, behind the exchange 'w'`,
      'exchange w': 'exchange',
    })
  })
})
