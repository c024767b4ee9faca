import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import type { Pane, Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, reading, readings, run } from '../support/readings.ts'

test('panes of a window are numbered, per key, and say whether they are an update', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count(), allowedLateness: '1h' }),
      all(),
    ),
  ).send(reading(1, 1, 'a'), reading(30, 1, 'a'), reading(2, 1, 'a'), reading(3, 1, 'b'), reading(4, 1, 'a'))
  const panes = await emitted<Windowed<string, number>>(driven)
  expect(panes.map(({ key, pane }): [string, Pane] => [key, pane])).toEqual([
    ['a', { index: 0, timing: 'onTime', id: 'w:0:10:0:a' }],
    ['a', { index: 1, timing: 'late', id: 'w:0:10:1:a' }],
    ['b', { index: 0, timing: 'late', id: 'w:0:10:0:b' }],
    ['a', { index: 2, timing: 'late', id: 'w:0:10:2:a' }],
  ])
})
