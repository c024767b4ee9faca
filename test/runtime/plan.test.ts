import { expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { planOf } from '../../lib/runtime/plan.ts'
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

test('keyBy(f) needs a source of one shard: else the records of a key are in several tasks', () => {
  const byNumber = (source: typeof readings) =>
    pipeline(
      'p',
      source(),
      keyBy(({ n }) => `${n}`),
      counted('w'),
      all(),
    )
  expect(() => planOf(byNumber(readings))).toThrow(ConfigurationError)
  expect(() => planOf(byNumber(readings))).toThrow(
    `pipeline 'p' has keyBy(f), and its source may have several shards, each with some of a key's records: write 'shards: 1' into the source of 'readings' if one shard is enough, or key by the partition key with keyBy()`,
  )
  expect(planOf(byNumber(readingsOfOneShard)).stage).toBe('w')
})
