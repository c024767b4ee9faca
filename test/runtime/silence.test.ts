import fc from 'fast-check'
import { expect, test } from 'vitest'
import { silentWatermark } from '../../lib/runtime/silence.ts'
import { START } from '../../lib/runtime/task.ts'

const patience = { maxOutOfOrderness: 1_000, idleTimeout: 60_000 }

/** A record of this event time, that arrived then. */
const after = (eventTime: number, arrival: number) => {
  const watermark = eventTime - patience.maxOutOfOrderness - 1
  return { ...START, arrival, watermark, arrivalWatermark: watermark }
}

test('time goes on as the clock does, the idle timeout behind', () => {
  const progress = after(100_000, 100_000)
  expect(silentWatermark(progress, 130_000, patience)).toBe(progress.watermark)
  expect(silentWatermark(progress, 160_000, patience)).toBe(progress.watermark)
  expect(silentWatermark(progress, 165_000, patience)).toBe(progress.watermark + 5_000)
})

test('a replay of old data is not thrown years ahead', () => {
  const year = 365 * 86_400_000
  const progress = after(1_000, 20 * year)
  expect(silentWatermark(progress, 20 * year + 70_000, patience)).toBe(progress.watermark + 10_000)
})

test('time does not overtake records that arrive now, even if the last ones came late', () => {
  const early = after(500_000, 100_000)
  expect(silentWatermark(early, 600_000, patience)).toBe(600_000 - 1_000 - 1)
})

test('before the first record there is no time', () => {
  expect(silentWatermark(START, 1_000_000, patience)).toBe(Number.NEGATIVE_INFINITY)
})

test('ticks do not add up, and never go back', () => {
  const ticks = fc.array(fc.nat(10_000_000), { minLength: 1 })
  fc.assert(
    fc.property(fc.nat(1_000_000), fc.nat(1_000_000), ticks, (eventTime, arrival, delays) => {
      const first = after(eventTime, arrival)
      const times = delays.map((delay) => arrival + delay).sort((a, b) => a - b)
      let progress = first
      for (const now of times) {
        const watermark = silentWatermark(progress, now, patience)
        expect(watermark).toBeGreaterThanOrEqual(progress.watermark)
        progress = { ...progress, watermark }
      }
      expect(progress.watermark).toBe(silentWatermark(first, times.at(-1) ?? 0, patience))
    }),
  )
})
