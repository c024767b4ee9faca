import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { Aggregate } from '../../lib/windows/aggregate.ts'
import { aggregate } from '../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  emittedIds,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

/** Lists what it sees in place, and throws half-way at negative numbers. */
const list: Aggregate<Reading, number[], number[]> = {
  create: () => [],
  add(values, { n }) {
    values.push(n)
    if (n < 0) throw new Error(`${n} is below 0`)
    return values
  },
  result: (values) => values,
}

const windowed = <Accumulator, Result>(of: Aggregate<Reading, Accumulator, Result>) =>
  pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', { over: tumbling('10ms'), aggregate: of, allowedLateness: '1h' }),
    all(),
  )

const values = async (driven: ReturnType<typeof run>) =>
  (await emitted<{ value: unknown }>(driven)).map(({ value }) => value)

describe('An aggregate that throws half-way', () => {
  test('has not seen that element, and has seen all others', async () => {
    const driven = run(windowed(list)).send(reading(1, 1), reading(2, -2), reading(3, 3)).end()
    expect(await values(driven)).toEqual([[1, 3]])
    expect(await failures(driven)).toEqual(['w: -2 is below 0'])
    expect(await driven.deadLetters()).toMatchObject([{ operator: 'w', key: 'a', window: [0, 10] }])
    expect(await outcomes(driven, 'w')).toEqual({ in: 3, onTime: 2, failed: 1, closedPanes: 1 })
  })

  test('at the first element of a window leaves no window behind', async () => {
    const driven = run(windowed(list)).send(reading(1, -1))
    expect((await driven.reports()).map(({ stateSize }) => stateSize)).toEqual([0])
    expect(await values(driven.send(reading(2, 2)).end())).toEqual([[2]])
  })

  test('at an update makes no pane of it', async () => {
    const driven = run(windowed(list)).send(reading(1, 1), reading(15, 9), reading(2, -2), reading(3, 3))
    expect(await values(driven)).toEqual([[1], [1, 3]])
    expect(await outcomes(driven, 'w')).toEqual({
      in: 4,
      onTime: 2,
      updated: 1,
      failed: 1,
      closedPanes: 1,
      updatedPanes: 1,
    })
  })

  test('again and again fails these elements only, and each once', async () => {
    const driven = run(windowed(list))
      .send(...[-1, 1, -2, -3, 2].map((n) => reading(1, n)))
      .end()
    expect(await values(driven)).toEqual([[1, 2]])
    expect(await failures(driven)).toEqual(['w: -1 is below 0', 'w: -2 is below 0', 'w: -3 is below 0'])
  })

  test('in one part of several leaves the other parts as they were', async () => {
    const both = windowed(aggregate({ n: count(), list }))
    const driven = run(both).send(reading(1, 1), reading(2, -2), reading(3, 3)).end()
    expect(await values(driven)).toEqual([{ n: 2, list: [1, 3] }])
  })

  test('does not touch what another operator made of the same element', async () => {
    const made = pipeline(
      'p',
      readings(),
      branch(
        pipe(keyBy(), window('total', { over: tumbling('10ms'), aggregate: sum((r) => r.n) }), all('total')),
        pipe(keyBy(), window('w', { over: tumbling('10ms'), aggregate: list }), all()),
      ),
    )
    const driven = run(made).send(reading(1, 1), reading(2, -2), reading(3, 3)).end()
    expect(await emitted(driven, 'total')).toMatchObject([{ value: 2 }])
    expect(await values(driven)).toEqual([[1, 3]])
  })

  test('is forgotten by a new sandbox as well', async () => {
    const driven = run(windowed(list)).send(reading(1, 1), reading(2, -2)).restart().send(reading(3, 3)).end()
    expect(await values(driven)).toEqual([[1, 3]])
  })

  test('for now only, sees the element when it is delivered again', async () => {
    let busy = true
    const flaky: Aggregate<Reading, number[], number[]> = {
      ...list,
      add(seen, { n }) {
        seen.push(n)
        if (n !== 2 || !busy) return seen
        busy = false
        throw new RetryableError('busy')
      },
    }
    const driven = run(windowed(flaky)).send(reading(1, 1), reading(2, 2), reading(3, 3)).end()
    expect(await values(driven)).toEqual([[1, 2, 3]])
    expect(await failures(driven)).toEqual([])
    expect(await outcomes(driven, 'w')).toEqual({ in: 3, onTime: 3, closedPanes: 1 })
  })
})

describe('A result that throws', () => {
  const picky: Aggregate<Reading, number[], number> = {
    ...list,
    result(seen) {
      if (seen.includes(2)) throw new Error('no result with 2')
      return seen.length
    },
  }

  test('makes a dead letter of that pane only', async () => {
    const driven = run(windowed(picky))
      .send(reading(1, 2, 'a'), reading(1, 1, 'b'), reading(11, 3, 'a'))
      .end()
    expect(await emitted(driven)).toMatchObject([
      { key: 'b', start: 0 },
      { key: 'a', start: 10 },
    ])
    expect(await failures(driven)).toEqual(['w: no result with 2'])
    expect(await driven.deadLetters()).toMatchObject([{ key: 'a', window: [0, 10] }])
    expect(await outcomes(driven, 'w')).toMatchObject({ in: 3, onTime: 3 })
  })

  test('leaves key and time of the element that closed the window alone', async () => {
    const driven = run(windowed(picky)).send(reading(1, 2, 'a'), reading(15, 1, 'b'), reading(25, 1, 'c'))
    expect(await emitted(driven)).toMatchObject([{ key: 'b', start: 10 }])
  })

  test('for now only, closes the window when the record is delivered again', async () => {
    let busy = true
    const flaky: Aggregate<Reading, number[], number> = {
      ...list,
      result(seen) {
        if (!busy) return seen.length
        busy = false
        throw new RetryableError('busy')
      },
    }
    const driven = run(windowed(flaky)).send(reading(1, 1), reading(12, 1))
    expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1, pane: { index: 0 } }])
    expect(await outcomes(driven, 'w')).toEqual({ in: 2, onTime: 2, closedPanes: 1 })
  })
})

describe('A result that is the accumulator itself', () => {
  const input = [reading(1, 1), reading(15, 9), reading(2, 2), reading(3, 3)]

  test('is not changed by later updates of the window', async () => {
    expect(await values(run(windowed(list)).send(...input))).toEqual([[1], [1, 2], [1, 2, 3]])
  })

  test('is the same wherever the batch is cut', async () => {
    const [whole, cut] = [run(windowed(list)), run(windowed(list), { batchSize: 1 })]
    for (const driven of [whole, cut]) driven.send(...input).end()
    expect(await emitted(whole)).toEqual(await emitted(cut))
    expect(await emittedIds(whole)).toEqual(await emittedIds(cut))
  })
})
