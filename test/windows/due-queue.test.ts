import fc from 'fast-check'
import { expect, test } from 'vitest'
import { DueQueue } from '../../lib/windows/due-queue.ts'

const step = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), at: fc.integer({ min: 0, max: 30 }) }),
  fc.record({ kind: fc.constant('take' as const), at: fc.integer({ min: 0, max: 30 }) }),
)

test('it gives what is due, and knows when the next is', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const queue = new DueQueue<number>()
      let left: { at: number; n: number }[] = []
      for (const [n, { kind, at }] of steps.entries()) {
        if (kind === 'add') {
          queue.add(at, n)
          left.push({ at, n })
        } else {
          const due = left.filter((each) => each.at <= at).map((each) => each.n)
          expect(queue.take(at).sort((a, b) => a - b)).toEqual(due)
          left = left.filter((each) => each.at > at)
        }
        expect(queue.first).toBe(Math.min(Number.POSITIVE_INFINITY, ...left.map((each) => each.at)))
      }
    }),
    { numRuns: 500 },
  )
})

test('it can be cleared', () => {
  const queue = new DueQueue<string>()
  queue.add(1, 'a')
  queue.clear()
  expect(queue.take(5)).toEqual([])
  expect(queue.first).toBe(Number.POSITIVE_INFINITY)
})
