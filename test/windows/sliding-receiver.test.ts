import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { MergingAggregate } from '../../lib/windows/aggregate.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { sliding } from '../../lib/windows/sliding.ts'
import { all, emitted, type Reading, reading, readings, run } from '../support/readings.ts'

/** Breaks half-way through changing its accumulator. */
const listed: MergingAggregate<Reading, number[], readonly number[]> = {
  create: () => [],
  add(values, { n }) {
    values.push(n)
    if (n === 13) throw new Error('13 is not wanted')
    return values
  },
  merge: (a, b) => [...a, ...b],
  result: (values) => values,
}

test('an element that fails leaves no trace in the slices that other windows have united', async () => {
  const driven = run(
    pipeline(
      'p',
      readings('4ms'),
      keyBy(),
      window('w', { over: sliding('12ms', '5ms'), aggregate: listed, allowedLateness: '9ms', late: 'drop' }),
      all(),
    ),
  )
  // In one batch: what windows have united outlives the element that fails.
  const made = [
    reading(1_003),
    reading(1_007),
    reading(1_016),
    reading(1_009, 13),
    reading(1_018),
    reading(1_021),
  ]
  driven.send(...made).end()
  const panes = await emitted<Windowed<string, readonly number[]>>(driven)
  expect(panes).not.toEqual([])
  expect(panes.filter(({ value }) => value.includes(13))).toEqual([])
  expect(await driven.deadLetters()).toHaveLength(1)
})
