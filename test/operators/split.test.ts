import { expect, test } from 'vitest'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { split } from '../../lib/operators/split.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
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

const bySize = (outputs: Parameters<typeof split<Reading, 'small' | 'large'>>[1]) =>
  pipeline(
    'p',
    readings(),
    split(({ n }: Reading) => (n > 5 ? 'large' : 'small'), outputs),
  )

test('every element goes to the output that it is routed to, and to no other', async () => {
  const driven = run(
    bySize({
      small: all('small'),
      large: pipe(
        map((r: Reading) => r.n),
        all('large'),
      ),
    }),
  ).send(reading(0, 1), reading(1, 9), reading(2, 3))
  expect(await emitted(driven, 'small')).toEqual([reading(0, 1), reading(2, 3)])
  expect(await emitted(driven, 'large')).toEqual([9])
  expect(await outcomes(driven, 'split')).toEqual({ in: 3, passed: 3 })
  expect(await outcomes(driven, 'map')).toEqual({ in: 1, passed: 1 })
})

test('time goes on in every output, with the elements of the others', async () => {
  const driven = run(
    bySize({
      large: all('large'),
      small: pipe(keyBy(), window('w', { over: tumbling('10ms'), aggregate: count() }), all('small')),
    }),
  ).send(reading(0, 1), reading(11, 9))
  expect(await emitted(driven, 'small')).toMatchObject([{ key: 'a', value: 1 }])
})

test('an element without an output, or on which the function throws, is a dead letter', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      split(
        ({ n }: Reading) => {
          if (n === 0) throw new Error('not 0')
          return (['one', 'two', 'toString'][n - 1] ?? n) as 'one' | 'two'
        },
        { one: all('one'), two: all('two') },
      ),
    ),
  ).send(reading(0, 0), reading(1, 1), reading(2, 3))
  expect(await emitted(driven, 'one')).toEqual([reading(1, 1)])
  expect(await failures(driven)).toEqual([
    'split: not 0',
    'split: the function of split answered toString: expected one of one, two',
  ])
  expect(await outcomes(driven, 'split')).toEqual({ in: 3, passed: 1, failed: 2 })
})
