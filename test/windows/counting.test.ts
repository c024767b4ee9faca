import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { counting } from '../../lib/windows/counting.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import type { PaneMode } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, failures, outcomes, reading, readings, run } from '../support/readings.ts'
import { anyReadings, deliveries, driven, members } from '../support/window-cases.ts'

const counted = (elements: number) =>
  pipeline(
    'p',
    readings('5ms'),
    keyBy(),
    window('w', { over: counting(elements), aggregate: members, late: all('late') }),
    all(),
  )

test('each window holds so many elements of a key as they came, and the last what is left', async () => {
  await fc.assert(
    fc.asyncProperty(anyReadings, fc.integer({ min: 1, max: 6 }), deliveries, async (given, size, how) => {
      const expected: unknown[] = []
      const rest: unknown[] = []
      for (const key of ['a', 'b']) {
        const own = given.filter((each) => each.key === key)
        for (let from = 0; from < own.length; from += size) {
          const part = own.slice(from, from + size)
          const [start, end] = [
            Math.min(...part.map(({ at }) => at)),
            Math.max(...part.map(({ at }) => at)) + 1,
          ]
          const pane = { index: from / size, timing: 'onTime', id: `w:${start}:${end}:${from / size}:${key}` }
          const window = { key, start, end, value: part.map(({ n }) => n).sort((a, b) => a - b), pane }
          if (part.length < size) rest.push(window)
          else expected.push({ window, at: given.indexOf(part[size - 1] ?? reading(0)) })
        }
      }
      const full = (expected as { window: unknown; at: number }[]).sort((a, b) => a.at - b.at)
      const { panes, late, stateSize } = await driven(counted(size), given, how)
      expect(panes).toEqual([...full.map(({ window }) => window), ...rest])
      expect(late).toEqual([])
      expect(stateSize).toBe(0)
    }),
    { numRuns: 200 },
  )
})

test('an element that throws is not counted', async () => {
  const made = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', {
      over: counting(2),
      aggregate: sum((r) => {
        if (r.n < 0) throw new Error('below 0')
        return r.n
      }),
    }),
    all(),
  )
  const driven = run(made).send(reading(1, 1), reading(2, -1), reading(3, 2))
  expect(await emitted(driven)).toMatchObject([{ start: 1, end: 4, value: 3 }])
  expect(await failures(driven)).toEqual(['w: below 0'])
  expect(await outcomes(driven, 'w')).toEqual({ in: 3, onTime: 2, failed: 1, closedPanes: 1 })
})

test('a window behind it loses nothing, however old the elements are', async () => {
  const made = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', { over: counting(3), aggregate: sum((r) => r.n) }),
    map(({ value }) => value),
    keyBy(),
    window('sums', { over: tumbling('10ms'), aggregate: sum((n) => n) }),
    all(),
  )
  const times = Array.from({ length: 100 }, (_, n) => (n % 4 === 0 ? n * 3 : n))
  const driven = run(made, { batchSize: 7 })
    .send(...times.map((time) => reading(time)))
    .end()
  const total = (await emitted<Windowed<string, number>>(driven)).reduce((n, { value }) => n + value, 0)
  expect(total).toBe(100)
  expect(await outcomes(driven, 'sums')).not.toHaveProperty('late')
})

describe('Refused are', () => {
  test.each([0, -1, 1.5, Number.NaN])('%d elements', (elements) => {
    expect(() => counting(elements)).toThrow(ConfigurationError)
    expect(() => counting(elements)).toThrow(`counting(${elements}) cannot be: expected a whole number`)
  })

  test('early panes, also where types do not say so', () => {
    const plan = { name: 'w', aggregate: members, lateness: 0, late: 'drop', emit: 'onUpdate' } as const
    const mode: PaneMode = 'accumulating'
    expect(() => counting(3).build({ ...plan, mode })).toThrow(
      `window 'w' has early, discarding or retracting panes, which counting windows do not have`,
    )
  })
})
