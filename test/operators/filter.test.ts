import { expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { filter } from '../../lib/operators/filter.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, failures, outcomes, reading, readings, run } from '../support/readings.ts'

const positive = pipeline(
  'p',
  readings(),
  filter(({ n }) => n > 0),
  all(),
)

test('elements are kept, unchanged, or counted as filtered', async () => {
  const [one, two] = [reading(0, 1), reading(1, 2)]
  const driven = run(positive).send(one, reading(0, 0), two)
  expect(await emitted(driven)).toEqual([one, two])
  expect(await outcomes(driven, 'filter')).toEqual({ in: 3, passed: 2, filtered: 1 })
  expect(await failures(driven)).toEqual([])
})

test('an element that it throws at is a dead letter', async () => {
  const picky = filter(({ n }: { n: number }) => {
    if (n === 2) throw new Error('not 2')
    return n > 0
  })
  const driven = run(pipeline('p', readings(), picky, all())).send(
    reading(0, 1),
    reading(0, 2),
    reading(0, 0),
  )
  expect(await emitted(driven)).toHaveLength(1)
  expect(await failures(driven)).toEqual(['filter: not 2'])
  expect(await outcomes(driven, 'filter')).toEqual({ in: 3, passed: 1, filtered: 1, failed: 1 })
})

test('time goes on with elements that are filtered out', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      filter(({ n }) => n > 0),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    ),
  ).send(reading(0), reading(10, 0))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1 }])
})

test('an error that a retry can cure delivers the element again', async () => {
  let attempts = 0
  const flaky = filter(() => {
    if (++attempts === 1) throw new RetryableError('busy')
    return true
  })
  const driven = run(pipeline('p', readings(), flaky, all())).send(reading(0), reading(1))
  expect(await emitted(driven)).toHaveLength(2)
  expect(await outcomes(driven, 'filter')).toEqual({ in: 2, passed: 2 })
})
