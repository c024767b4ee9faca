import fc from 'fast-check'
import { expect } from 'vitest'
import type { Duration } from '../../lib/core/duration.ts'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import type { MergingAggregate } from '../../lib/windows/aggregate.ts'
import type { Late, Windowed } from '../../lib/windows/pane.ts'
import { emitted, type Reading, run } from './readings.ts'

/** Which elements a window holds: their numbers, sorted. */
export const members: MergingAggregate<Reading, number[], readonly number[]> = {
  signature: 'members',
  create: () => [],
  add(accumulator, { n }) {
    accumulator.push(n)
    return accumulator
  },
  merge: (a, b) => [...a, ...b],
  result: (accumulator) => accumulator.sort((a, b) => a - b),
}

/** Readings in any order, each with a number of its own. */
export const anyReadings = fc
  .array(fc.record({ key: fc.constantFrom('a', 'b'), step: fc.integer({ min: -40, max: 12 }) }), {
    maxLength: 40,
  })
  .map((steps) => {
    let now = 100
    return steps.map(({ key, step }, n): Reading => {
      now += Math.max(step, 0)
      return { key, at: now + Math.min(step, 0), n }
    })
  })

export const BOUND = 20

/** The same readings twice, in two orders that `maxOutOfOrderness` of BOUND ms allows. */
export const ordersWithinBound = fc
  .array(
    fc.record({
      key: fc.constantFrom('a', 'b'),
      at: fc.integer({ min: 0, max: 150 }),
      delays: fc.tuple(fc.integer({ min: 0, max: BOUND }), fc.integer({ min: 0, max: BOUND })),
    }),
    { maxLength: 40 },
  )
  .map((drawn) => {
    const order = (which: 0 | 1): Reading[] =>
      drawn
        .map(({ key, at, delays }, n) => ({ reading: { key, at, n }, arrival: at + delays[which] }))
        .sort((a, b) => a.arrival - b.arrival)
        .map(({ reading }) => reading)
    return [order(0), order(1)] as const
  })

/** How records come: in batches of a size, with a restart or a redelivery after some of them. */
export const deliveries = fc.record({
  batchSize: fc.integer({ min: 1, max: 7 }),
  after: fc.array(fc.constantFrom('nothing', 'nothing', 'restart', 'redeliver'), {
    minLength: 1,
    maxLength: 5,
  }),
})
export type Delivery = typeof deliveries extends fc.Arbitrary<infer Value> ? Value : never

/** What is left in memory or elsewhere must not show: all panes and late elements, in order. */
export async function driven(
  pipeline: Pipeline,
  readings: readonly Reading[],
  { batchSize, after }: Delivery,
): Promise<{ panes: Windowed<string, readonly number[]>[]; late: number[]; stateSize: number }> {
  const drive = run(pipeline, { batchSize })
  for (let from = 0, part = 0; from < readings.length; from += 9, part++) {
    drive.send(...readings.slice(from, from + 9))
    const then = after[part % after.length]
    if (then === 'restart') drive.restart()
    if (then === 'redeliver') drive.redeliver()
  }
  drive.end()
  const panes = await emitted<Windowed<string, readonly number[]>>(drive)
  expect(new Set(panes.map(({ pane }) => pane.id)).size).toBe(panes.length)
  const late = await emitted<Late<Reading>>(drive, 'late')
  const stateSize = (await drive.reports()).at(-1)?.stateSize ?? 0
  return { panes, late: late.map(({ value }) => value.n), stateSize }
}

/** The last pane of each window: what a table of the windows holds in the end. */
export const finalRows = (panes: readonly Windowed<string, readonly number[]>[]): Record<string, unknown> =>
  Object.fromEntries(panes.map(({ key, start, end, value }) => [`${key} ${start} ${end}`, value]))

export const ms = (n: number): Duration => `${n}ms`
