import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, failures, outcomes, reading, readings, run } from '../support/readings.ts'

test('every element goes into each branch', async () => {
  const made = pipeline(
    'p',
    readings(),
    map(({ n }) => n),
    branch(
      pipe(
        filter((n) => n > 1),
        all('large'),
      ),
      pipe(
        map((n) => -n),
        all('negative'),
      ),
      all('same'),
    ),
  )
  const driven = run(made).send(reading(0, 1), reading(1, 2))
  expect(await emitted(driven, 'large')).toEqual([2])
  expect(await emitted(driven, 'negative')).toEqual([-1, -2])
  expect(await emitted(driven, 'same')).toEqual([1, 2])
  expect(await outcomes(driven, 'map')).toEqual({ in: 2, passed: 2 })
  expect(await outcomes(driven, 'map-2')).toEqual({ in: 2, passed: 2 })
})

test('each branch has state and time of its own', async () => {
  const made = pipeline(
    'p',
    readings(),
    branch(
      pipe(keyBy(), window('fine', { over: tumbling('10ms'), aggregate: count() }), all('fine')),
      pipe(keyBy(), window('coarse', { over: tumbling('20ms'), aggregate: sum((r) => r.n) }), all('coarse')),
    ),
  )
  const driven = run(made, { batchSize: 2 })
    .send(reading(1, 1), reading(5, 2), reading(12, 4))
    .restart()
    .send(reading(25, 8))
    .end()
  expect(await emitted(driven, 'fine')).toMatchObject([
    { start: 0, value: 2 },
    { start: 10, value: 1 },
    { start: 20, value: 1 },
  ])
  expect(await emitted(driven, 'coarse')).toMatchObject([
    { start: 0, value: 7 },
    { start: 20, value: 8 },
  ])
  expect((await driven.reports()).at(-1)?.stateSize).toBe(0)
})

describe('A failure in one branch', () => {
  const picky = () =>
    map(({ n }: { n: number }) => {
      if (n === 2) throw new Error('not 2')
      return n
    })

  test('does not touch the other', async () => {
    const made = pipeline('p', readings(), branch(pipe(picky(), all('picky')), all('other')))
    const driven = run(made).send(reading(0, 1), reading(1, 2), reading(2, 3))
    expect(await emitted(driven, 'picky')).toEqual([1, 3])
    expect(await emitted(driven, 'other')).toHaveLength(3)
    expect(await failures(driven)).toEqual(['map: not 2'])
  })

  test('in both makes a dead letter each', async () => {
    const made = pipeline('p', readings(), branch(pipe(picky(), all('one')), pipe(picky(), all('two'))))
    const driven = run(made).send(reading(0, 2))
    expect(await failures(driven)).toEqual(['map: not 2', 'map-2: not 2'])
  })

  test('that a retry can cure leaves nothing half done in the other', async () => {
    let busy = true
    const flaky = map(({ n }: { n: number }) => {
      if (n === 2 && busy) {
        busy = false
        throw new RetryableError('busy')
      }
      return n
    })
    const made = pipeline(
      'p',
      readings(),
      branch(
        pipe(keyBy(), window('w', { over: tumbling('10ms'), aggregate: count() }), all('counted')),
        pipe(flaky, all('flaky')),
      ),
    )
    const driven = run(made).send(reading(0, 1), reading(1, 2), reading(2, 3)).end()
    expect(await emitted(driven, 'counted')).toMatchObject([{ value: 3 }])
    expect(await emitted(driven, 'flaky')).toEqual([1, 2, 3])
  })
})
