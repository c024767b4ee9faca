import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, reading, readings, run } from '../support/readings.ts'

const hourly = (name: string) => window(name, { over: tumbling('1h'), aggregate: count() })
const parts = ({ operators }: Pipeline): string[] => operators.map(({ op, name }) => name ?? op)
const tables = ({ sinks }: Pipeline): string[] => sinks.map(({ target }) => target.table)

describe('A name', () => {
  test.each(['a', 'airport-delays', 'v1.2_x', 'x'.repeat(64)])('can be %s', (name) => {
    expect(pipeline(name, readings(), all()).name).toBe(name)
  })

  test.each(['', 'a b', 'a/b', 'ü', 'x'.repeat(65)])('cannot be %j', (name) => {
    expect(() => pipeline(name, readings(), all())).toThrow(
      expect.objectContaining({
        code: 'CONFIGURATION',
        message: `'${name}' cannot name a pipeline: expected 1 to 64 letters, digits, '.', '_' or '-'`,
      }),
    )
  })

  test('of an operator is unique in its pipeline', () => {
    expect(() => pipeline('p', readings(), keyBy(), hourly('w'), keyBy(), hourly('w'), all())).toThrow(
      `two operators of pipeline 'p' are named 'w': a name is the identity of an operator's state; give this window another one`,
    )
  })

  test('of an operator is unique across branches too', () => {
    const branches = branch(pipe(keyBy(), hourly('w'), all('one')), pipe(keyBy(), hourly('w'), all('two')))
    expect(() => pipeline('p', readings(), branches)).toThrow(ConfigurationError)
  })

  test('of an operator is unique in late outputs too', () => {
    const late = pipe(keyBy(), hourly('w'), all('late'))
    expect(() =>
      pipeline(
        'p',
        readings(),
        keyBy(),
        window('w', { over: tumbling('1h'), aggregate: count(), late }),
        all(),
      ),
    ).toThrow(ConfigurationError)
  })
})

describe('Operators', () => {
  test('are listed in data order', () => {
    const made = pipeline(
      'p',
      readings(),
      filter(() => true),
      map((value) => value),
      keyBy(),
      hourly('w'),
      all(),
    )
    expect(parts(made)).toEqual(['filter', 'map', 'w'])
    expect(made.operators[0]?.input.node).toBe(made.sources[0])
    expect(made.operators[2]?.input.node).toBe(made.operators[1])
  })

  test('before a branch are listed once', () => {
    const made = pipeline(
      'p',
      readings(),
      map((value) => value),
      branch(
        pipe(
          filter(() => true),
          all('one'),
        ),
        pipe(keyBy(), hourly('w'), all('two')),
        all('three'),
      ),
    )
    expect(parts(made)).toEqual(['map', 'filter', 'w'])
    expect(tables(made)).toEqual(['one', 'two', 'three'])
  })

  test('of a late output stand after their window', () => {
    const late = pipe(
      map((value: unknown) => value),
      all('late'),
    )
    const made = pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', { over: tumbling('1h'), aggregate: count(), late }),
      keyBy(),
      hourly('x'),
      all('out'),
    )
    expect(parts(made).indexOf('map')).toBeGreaterThan(parts(made).indexOf('w'))
    expect(parts(made).toSorted()).toEqual(['map', 'w', 'x'])
    expect(tables(made)).toEqual(['out', 'late'])
  })

  test('of a branch inside a branch are all there', () => {
    const inner = branch(
      pipe(
        map((value: unknown) => value),
        all('one'),
      ),
      all('two'),
    )
    const made = pipeline('p', readings(), branch(pipe(keyBy(), hourly('w'), inner), all('three')))
    expect(parts(made)).toEqual(['w', 'map'])
    expect(tables(made)).toEqual(['one', 'two', 'three'])
  })
})

test('a pipeline can start with a stream made by pipe', async () => {
  const doubled = pipe(
    readings(),
    map(({ n }) => 2 * n),
  )
  const made = pipeline(
    'p',
    doubled,
    map((n) => n + 1),
    all(),
  )
  expect(made.sources.map(({ kind }) => kind)).toEqual(['source'])
  expect(await emitted(run(made).send(reading(0, 20)))).toEqual([41])
})
