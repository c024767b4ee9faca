import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { Drive } from '../../lib/testing/drive.ts'
import type { MergingAggregate } from '../../lib/windows/aggregate.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { sliding } from '../../lib/windows/sliding.ts'
import { type Emit, every } from '../../lib/windows/trigger.ts'
import { all, emitted, outcomes, type Reading, reading, readings, run } from '../support/readings.ts'

/** Breaks half-way through changing its accumulator, and at parts that do not go together. */
const listed: MergingAggregate<Reading, number[], readonly number[]> = {
  create: () => [],
  add(values, { n }) {
    values.push(n)
    if (n === 13) throw new Error('13 is not wanted')
    return values
  },
  merge(a, b) {
    if (a.at(-1) === 7 && b[0] === 8) throw new Error('7 and 8 do not go together')
    return [...a, ...b]
  },
  result: (values) => values,
}

const windowed = (emit: Emit, lateness: '0ms' | '50ms' = '0ms') =>
  pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', {
      over: sliding('20ms', '10ms'),
      aggregate: listed,
      emit,
      panes: 'retracting',
      allowedLateness: lateness,
    }),
    all(),
  )

const changes = async (driven: Drive) =>
  (await emitted<Windowed<string, readonly number[]>>(driven))
    .filter(({ key }) => key === 'a')
    .map(({ start, value, pane: { index, timing, retraction = false } }) => [
      `${retraction ? '-' : '+'}${value} from ${start}`,
      index,
      timing,
    ])

test('on update, an element fires each open window that it is in, oldest first', async () => {
  const driven = run(windowed('onUpdate')).send(reading(12, 1), reading(13, 2))
  expect(await changes(driven)).toEqual([
    ['+1 from 0', 0, 'early'],
    ['+1 from 10', 0, 'early'],
    ['-1 from 0', 0, 'early'],
    ['+1,2 from 0', 1, 'early'],
    ['-1 from 10', 0, 'early'],
    ['+1,2 from 10', 1, 'early'],
  ])
  expect(await outcomes(driven, 'w')).toMatchObject({ onTime: 2, earlyPanes: 4, retractions: 2 })
})

test('every so often, the open windows over slices that changed fire, and the others do not', async () => {
  const driven = run(windowed(every('5ms'))).send(
    reading(12, 1),
    reading(22, 2),
    reading(26, 3),
    reading(30, 4, 'b'),
  )
  expect(await changes(driven)).toEqual([
    ['+1 from 0', 0, 'onTime'],
    ['+1,2 from 10', 0, 'early'],
    ['+2 from 20', 0, 'early'],
    ['-1,2 from 10', 0, 'early'],
    ['+1,2,3 from 10', 1, 'early'],
    ['-2 from 20', 0, 'early'],
    ['+2,3 from 20', 1, 'early'],
    ['-1,2,3 from 10', 1, 'onTime'],
    ['+1,2,3 from 10', 2, 'onTime'],
  ])
})

test('late elements take back what the close fired', async () => {
  const driven = run(windowed('onClose', '50ms')).send(reading(12, 1), reading(60, 1, 'b'), reading(13, 2))
  expect(await changes(driven)).toEqual([
    ['+1 from 0', 0, 'onTime'],
    ['+1 from 10', 0, 'onTime'],
    ['-1 from 0', 0, 'late'],
    ['+1,2 from 0', 1, 'late'],
    ['-1 from 10', 0, 'late'],
    ['+1,2 from 10', 1, 'late'],
  ])
})

test('a pane that could not be made is not taken back', async () => {
  const driven = run(windowed('onClose', '50ms')).send(
    reading(12, 7),
    reading(22, 8),
    reading(60, 1, 'b'),
    reading(13, 2),
  )
  expect((await changes(driven)).filter(([change]) => String(change).endsWith('from 10'))).toEqual([
    ['+7,2,8 from 10', 1, 'late'],
  ])
  expect(await driven.deadLetters()).toHaveLength(1)
})

test('an element that fails leaves no trace', async () => {
  const driven = run(windowed('onUpdate')).send(reading(12, 1), reading(13, 13), reading(14, 2))
  expect((await changes(driven)).filter(([change]) => String(change).includes('13'))).toEqual([])
  expect(await outcomes(driven, 'w')).toMatchObject({ onTime: 2, failed: 1, earlyPanes: 4, retractions: 2 })
})
