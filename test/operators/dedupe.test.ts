import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
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

/** The number says which of the elements it is. */
const once = (within: '10ms' | '1h' | '0s') =>
  dedupe<Reading>('once', { by: ({ n }) => (n === 0 ? '' : `id-${n}`), within })

const deduped = (bound: '0ms' | '20ms' = '20ms') => pipeline('p', readings(bound), once('10ms'), all())

test('an element whose id was handed on already is dropped, and counted as filtered', async () => {
  const driven = run(deduped()).send(reading(0, 1), reading(5, 1), reading(5, 2), reading(10, 1))
  expect(await emitted(driven)).toEqual([reading(0, 1), reading(5, 2)])
  expect(await outcomes(driven, 'once')).toEqual({ in: 4, passed: 2, filtered: 2 })
})

test('further apart than `within` it is another element, before or after', async () => {
  const driven = run(deduped()).send(reading(20, 1), reading(31, 1), reading(9, 1), reading(10, 1))
  expect(await emitted(driven)).toEqual([reading(20, 1), reading(31, 1), reading(9, 1)])
})

test('a copy under another key is a copy too', async () => {
  const driven = run(deduped()).send(reading(0, 1, 'a'), reading(1, 1, 'b'))
  expect(await emitted(driven)).toEqual([reading(0, 1, 'a')])
})

test('a new sandbox knows what was handed on', async () => {
  const driven = run(deduped()).send(reading(0, 1)).restart().send(reading(1, 1)).redeliver()
  expect(await emitted(driven)).toEqual([reading(0, 1)])
})

test('ids are forgotten when nothing in time can match them', async () => {
  const driven = run(deduped('0ms'))
  for (let at = 0; at < 1_000; at++) driven.send(reading(at, at + 1))
  expect((await driven.reports()).at(-1)?.stateSize).toBeLessThan(35)
})

test('an element so late that its copies may be forgotten is handed on, and counted as late', async () => {
  const driven = run(deduped('0ms')).send(reading(5, 1), reading(100, 2), reading(6, 1))
  expect(await emitted(driven)).toEqual([reading(5, 1), reading(100, 2), reading(6, 1)])
  expect(await outcomes(driven, 'once')).toEqual({ in: 3, passed: 2, late: 1 })
})

test('whatever the times, those in time are compared with all that were handed on before', async () => {
  const elements = fc.array(fc.record({ at: fc.nat({ max: 60 }), n: fc.integer({ min: 1, max: 3 }) }), {
    minLength: 1,
    maxLength: 30,
  })
  await fc.assert(
    fc.asyncProperty(elements, fc.nat({ max: 5 }), async (drawn, every) => {
      // Nobody is further behind than the 20 ms that the source allows.
      let newest = 0
      const input = drawn.map(({ at, n }) => {
        newest = Math.max(newest, at)
        return reading(Math.max(at, newest - 20), n)
      })
      const driven = run(deduped())
      for (const [index, element] of input.entries()) {
        driven.send(element)
        if (index % (every + 1) === every) driven.restart()
      }
      const expected: Reading[] = []
      for (const element of input) {
        const isCopy = expected.some(({ n, at }) => n === element.n && Math.abs(at - element.at) <= 10)
        if (!isCopy) expected.push(element)
      }
      expect(await emitted(driven)).toEqual(expected)
    }),
    { numRuns: 60 },
  )
})

test('time passes through it: a window behind it closes as one without it does', async () => {
  const driven = run(
    pipeline(
      'p',
      readings('20ms'),
      once('10ms'),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    ),
  ).send(reading(9, 1), reading(29, 2), reading(29, 2), reading(8, 3), reading(30, 4))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 2 }])
})

test('an element without an id is a dead letter', async () => {
  const driven = run(deduped()).send(reading(0, 0), reading(1, 1))
  expect(await emitted(driven)).toEqual([reading(1, 1)])
  expect(await failures(driven)).toEqual([
    `once: 'by' of dedupe 'once' answered an empty string: expected the element's id, a string that is not empty`,
  ])
  expect(await outcomes(driven, 'once')).toEqual({ in: 2, passed: 1, failed: 1 })
})

describe('Refused:', () => {
  test('to look back over no time', () => {
    expect(() => once('0s')(readings())).toThrow(ConfigurationError)
    expect(() => once('0s')(readings())).toThrow(
      `dedupe 'once' looks back over 'within' of '0s': expected at least '1ms'`,
    )
  })
})
