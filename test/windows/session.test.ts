import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import type { Drive } from '../../lib/testing/drive.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { session } from '../../lib/windows/session.ts'
import type { Emit } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, outcomes, type Reading, reading, readings, run } from '../support/readings.ts'
import { ms } from '../support/window-cases.ts'

const summed = (bound = 0, lateness = 0) =>
  pipeline(
    'p',
    readings(ms(bound)),
    keyBy(),
    window('w', {
      over: session('10ms'),
      aggregate: sum((r) => r.n),
      allowedLateness: ms(lateness),
      late: all('late'),
    }),
    all(),
  )

const at = (...times: number[]): Reading[] => times.map((time) => reading(time))
const panes = async (driven: Drive) =>
  (await emitted<Windowed<string, number>>(driven)).map(({ start, end, value }) => [start, end, value])

describe('A session', () => {
  test('is from its first element to the gap after its last', async () => {
    const driven = run(summed())
      .send(...at(3, 7, 15))
      .end()
    expect(await panes(driven)).toEqual([[3, 25, 3]])
  })

  test('holds what is exactly the gap after its last, and not what is a ms later', async () => {
    expect(
      await panes(
        run(summed())
          .send(...at(0, 10))
          .end(),
      ),
    ).toEqual([[0, 20, 2]])
    const apart = run(summed())
      .send(...at(0, 11))
      .end()
    expect(await panes(apart)).toEqual([
      [0, 10, 1],
      [11, 21, 1],
    ])
  })

  test('holds what is exactly the gap after its last also when others have gone further', async () => {
    const driven = run(summed(5))
      .send(reading(0), reading(15, 1, 'b'), reading(10))
      .end()
    expect(await panes(driven)).toContainEqual([0, 20, 2])
  })

  test('is made of two by an element between them', async () => {
    const driven = run(summed(30))
      .send(...at(0, 18, 9))
      .end()
    expect(await panes(driven)).toEqual([[0, 28, 3]])
  })

  test('grows to the front', async () => {
    const driven = run(summed(30))
      .send(...at(25, 17, 8))
      .end()
    expect(await panes(driven)).toEqual([[8, 35, 3]])
  })

  test('is of one key', async () => {
    const driven = run(summed())
      .send(reading(1, 1, 'b'), reading(2, 2, 'a'), reading(3, 4, 'b'))
      .end()
    expect(await emitted(driven)).toMatchObject([
      { key: 'a', start: 2, end: 12, value: 2 },
      { key: 'b', start: 1, end: 13, value: 5 },
    ])
  })
})

describe('An element within the lateness', () => {
  test('makes a closed session longer, and its pane counts on', async () => {
    const driven = run(summed(0, 100))
      .send(reading(0), reading(50, 1, 'b'), reading(5, 2))
      .end()
    expect((await emitted<Windowed<string, number>>(driven)).filter(({ key }) => key === 'a')).toMatchObject([
      { start: 0, end: 10, value: 1, pane: { index: 0, timing: 'onTime' } },
      { start: 0, end: 15, value: 3, pane: { index: 1, timing: 'late' } },
    ])
    expect(await outcomes(driven, 'w')).toMatchObject({ in: 3, onTime: 2, updated: 1 })
  })

  test('can open a closed session again', async () => {
    const driven = run(summed(0, 100))
      .send(reading(0), reading(14, 1, 'b'), reading(9, 2))
      .end()
    expect((await emitted<Windowed<string, number>>(driven)).filter(({ key }) => key === 'a')).toMatchObject([
      { start: 0, end: 10, value: 1, pane: { index: 0, timing: 'onTime' } },
      { start: 0, end: 19, value: 3, pane: { index: 1, timing: 'onTime' } },
    ])
    expect(await outcomes(driven, 'w')).toMatchObject({ in: 3, onTime: 3 })
  })

  test('is refused when its own session would be over', async () => {
    const driven = run(summed(0, 5)).send(reading(100, 1, 'b'), reading(84), reading(85))
    expect(await emitted(driven, 'late')).toMatchObject([{ eventTime: 84 }])
    expect(await outcomes(driven, 'w')).toMatchObject({ in: 3, onTime: 1, updated: 1, late: 1 })
  })
})

describe('With retractions, the pane of a session', () => {
  const retracted = (emit: Emit, bound = 0, lateness = 0) =>
    pipeline(
      'p',
      readings(ms(bound)),
      keyBy(),
      window('w', {
        over: session('10ms'),
        aggregate: sum((r) => r.n),
        emit,
        panes: 'retracting',
        allowedLateness: ms(lateness),
      }),
      all(),
    )
  const changes = async (driven: Drive) =>
    (await emitted<Windowed<string, number>>(driven))
      .filter(({ key }) => key === 'a')
      .map(({ start, end, value, pane: { index, timing, retraction = false } }) => [
        `${retraction ? '-' : '+'}${value} of [${start}, ${end})`,
        index,
        timing,
      ])

  test('is taken back when the session grows', async () => {
    const driven = run(retracted('onUpdate'))
      .send(...at(0, 4))
      .end()
    expect(await changes(driven)).toEqual([
      ['+1 of [0, 10)', 0, 'early'],
      ['-1 of [0, 10)', 0, 'early'],
      ['+2 of [0, 14)', 1, 'early'],
      ['-2 of [0, 14)', 1, 'onTime'],
      ['+2 of [0, 14)', 2, 'onTime'],
    ])
    expect(await outcomes(driven, 'w')).toMatchObject({ earlyPanes: 2, closedPanes: 1, retractions: 2 })
  })

  test('is taken back when the session is united with another', async () => {
    const driven = run(retracted('onUpdate', 30)).send(reading(0), reading(18, 2), reading(9, 4))
    expect(await changes(driven)).toEqual([
      ['+1 of [0, 10)', 0, 'early'],
      ['+2 of [18, 28)', 0, 'early'],
      ['-1 of [0, 10)', 0, 'early'],
      ['-2 of [18, 28)', 0, 'early'],
      ['+7 of [0, 28)', 1, 'early'],
    ])
  })

  test('is taken back when the session is opened again, before the next is due', async () => {
    const driven = run(retracted('onClose', 0, 100)).send(reading(0), reading(14, 1, 'b'), reading(9, 2))
    expect(await changes(driven)).toEqual([
      ['+1 of [0, 10)', 0, 'onTime'],
      ['-1 of [0, 10)', 0, 'late'],
    ])
    expect((await changes(driven.end())).slice(2)).toEqual([['+3 of [0, 19)', 1, 'onTime']])
  })

  test('is taken back by late elements, by each', async () => {
    const driven = run(retracted('onClose', 0, 100)).send(
      reading(0),
      reading(50, 1, 'b'),
      reading(5, 2),
      reading(3, 4),
    )
    expect(await changes(driven)).toEqual([
      ['+1 of [0, 10)', 0, 'onTime'],
      ['-1 of [0, 10)', 0, 'late'],
      ['+3 of [0, 15)', 1, 'late'],
      ['-3 of [0, 15)', 1, 'late'],
      ['+7 of [0, 15)', 2, 'late'],
    ])
  })
})

test('an element that an aggregate fails at takes no pane back', async () => {
  const made = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', {
      over: session('10ms'),
      aggregate: sum((r) => {
        if (r.n === 13) throw new Error('not wanted')
        return r.n
      }),
      emit: 'onUpdate',
      panes: 'retracting',
    }),
    all(),
  )
  const driven = run(made).send(reading(0), reading(5, 13), reading(0, 2))
  expect(await panes(driven)).toEqual([
    [0, 10, 1],
    [0, 10, 1],
    [0, 10, 3],
  ])
  expect(await outcomes(driven, 'w')).toMatchObject({ onTime: 2, failed: 1, retractions: 1 })
})

describe('State', () => {
  test('of sessions that are over is gone, and one session of a key is one cell', async () => {
    const driven = run(summed())
      .send(...at(0, 5, 9))
      .send(reading(100, 1, 'b'))
      .end()
    expect((await driven.reports()).map(({ stateSize }) => stateSize)).toEqual([1, 1, 0])
  })

  test('is taken up by a new sandbox', async () => {
    const driven = run(summed())
      .send(...at(0))
      .restart()
      .send(...at(9))
      .restart()
      .send(...at(40))
    expect(await panes(driven)).toEqual([[0, 19, 2]])
  })
})

test('a window after sessions loses none of them', async () => {
  const times = Array.from({ length: 200 }, (_, n) => n * 9 + ((n * 7) % 5) + (n % 11 === 0 ? 6 : 0))
  const made = pipeline(
    'p',
    readings('20ms'),
    keyBy(),
    window('sessions', { over: session('10ms'), aggregate: sum((r) => r.n) }),
    map(({ value }) => value),
    keyBy(),
    window('w', { over: tumbling('50ms'), aggregate: sum((n) => n) }),
    all(),
  )
  const driven = run(made, { batchSize: 7 })
    .send(...at(...times))
    .end()
  const total = (await emitted<Windowed<string, number>>(driven)).reduce((n, { value }) => n + value, 0)
  expect(total).toBe(times.length)
  expect(await outcomes(driven, 'w')).not.toHaveProperty('late')
})

test('a gap of nothing is refused', () => {
  expect(() => session('0s')).toThrow(`session('0s') has no gap: expected at least '1ms'`)
  expect(() => session('0s')).toThrow(ConfigurationError)
})
