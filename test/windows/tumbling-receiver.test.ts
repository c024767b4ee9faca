import fc from 'fast-check'
import { expect, test } from 'vitest'
import { tumbling } from '../../lib/windows/tumbling.ts'
import type { Assigner } from '../../lib/windows/tumbling-receiver.ts'

const sizes = fc.integer({ min: 1, max: 86_400_000 })
const assigners: fc.Arbitrary<Assigner> = sizes.map((size) => tumbling(`${size}ms`))

test('every time is in exactly one window, [start, end)', () => {
  const times = fc.integer({ min: -8.64e15, max: 8.64e15 })
  fc.assert(
    fc.property(times, assigners, (time, windows) => {
      const start = windows.startOf(time)
      const end = windows.endOf(start)
      expect(start <= time && time < end).toBe(true)
      expect([start, end - 1, end].map(windows.startOf)).toEqual([start, start, end])
    }),
  )
})
