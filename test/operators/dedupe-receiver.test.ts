import fc from 'fast-check'
import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import { put, World } from '../support/state-world.ts'

const WITHIN = 10

/** What dedupe promises for elements in time, in one loop that never forgets. */
function straight(elements: readonly { at: number; n: number }[]): number[] {
  const handedOn: { at: number; n: number }[] = []
  const indexes: number[] = []
  for (const [index, { at, n }] of elements.entries()) {
    if (handedOn.some((each) => each.n === n && Math.abs(each.at - at) <= WITHIN)) continue
    handedOn.push({ at, n })
    indexes.push(index)
  }
  return indexes
}

test('however batches are cut and sandboxes change, the elements are those of the straight loop', async () => {
  const code = pipeline(
    'p',
    // Nothing is late: forgetting must not show.
    readings('30ms'),
    dedupe('once', { by: ({ n }: Reading) => String(n), within: `${WITHIN}ms` }),
    all(),
  )
  const element = fc.record({
    step: fc.integer({ min: 0, max: 6 }),
    back: fc.nat(20),
    n: fc.nat(3),
    cut: fc.boolean(),
  })
  await fc.assert(
    fc.asyncProperty(fc.array(element, { minLength: 1, maxLength: 40 }), async (given) => {
      let newest = 0
      const elements = given.map(({ step, back, n, cut }) => {
        newest += step
        return { at: newest - back, n, cut }
      })
      const puts = elements.map(({ at, n }) => ({ ...put(at, n), arrival: 1_000 }))
      const world = new World(code, { ringSize: 4 })
      let from = 0
      for (const [index, { cut }] of elements.entries()) {
        if (!cut && index < elements.length - 1) continue
        await world.deliver(world.sandbox(), puts, [from, index + 1])
        from = index + 1
      }
      const values = world.items('out').map(({ value }) => value as Reading)
      expect(values.map(({ at, n }) => [at, n])).toEqual(
        straight(elements).map((index) => [elements[index]?.at, elements[index]?.n]),
      )
    }),
    { numRuns: 200 },
  )
})
