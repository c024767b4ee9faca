import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { Slices, sliding } from '../../lib/windows/sliding.ts'
import type { PaneMode } from '../../lib/windows/trigger.ts'
import { members } from '../support/window-cases.ts'

/** All windows that a time is in, by the definition alone. */
function windowsOf(time: number, size: number, slide: number): number[] {
  const starts: number[] = []
  for (let start = Math.floor(time / slide) * slide; start + size > time; start -= slide)
    starts.unshift(start)
  return starts
}

const shapes = fc
  .tuple(fc.integer({ min: 1, max: 50 }), fc.integer({ min: 1, max: 50 }))
  .map(([a, b]) => ({ size: Math.max(a, b), slide: Math.min(a, b) }))
const times = fc.integer({ min: -1_000, max: 1_000 })

describe('Windows [n * slide, n * slide + size)', () => {
  test('take what is at their start, and not what is at their end', () => {
    const slices = new Slices(10, 5)
    expect([slices.firstWindowOf(10), slices.lastWindowOf(10)]).toEqual([5, 10])
    expect([slices.firstWindowOf(9), slices.lastWindowOf(9)]).toEqual([0, 5])
    expect([slices.firstWindowOf(-1), slices.lastWindowOf(-1)]).toEqual([-10, -5])
  })

  test('are, for any time, those from the first to the last', () => {
    fc.assert(
      fc.property(times, shapes, (time, { size, slide }) => {
        const slices = new Slices(size, slide)
        const all = windowsOf(time, size, slide)
        expect(slices.firstWindowOf(time)).toBe(all[0])
        expect(slices.lastWindowOf(time)).toBe(all.at(-1))
      }),
    )
  })
})

describe('Slices', () => {
  test('of two times are the same if and only if they are in the same windows, and no window starts between', () => {
    fc.assert(
      fc.property(times, fc.nat({ max: 60 }), shapes, (time, more, { size, slide }) => {
        const slices = new Slices(size, slide)
        const [a, b] = [windowsOf(time, size, slide), windowsOf(time + more, size, slide)]
        const together = a.join() === b.join()
        const same = slices.sliceOf(time) === slices.sliceOf(time + more)
        if (same) expect(together).toBe(true)
        // With as many windows again further on, nothing could be shared.
        if (together && more < slide) expect(same).toBe(true)
      }),
    )
  })

  test('start where they say, and a window starts with one', () => {
    fc.assert(
      fc.property(times, shapes, (time, { size, slide }) => {
        const slices = new Slices(size, slide)
        const slice = slices.sliceOf(time)
        expect(slice <= time && slices.sliceOf(slice) === slice).toBe(true)
        const window = slices.lastWindowOf(time)
        expect(slices.sliceOf(window)).toBe(window)
      }),
    )
  })
})

test('The windows that close are those over a slice, once each, however far the watermark goes at once', () => {
  const slices = fc.array(fc.integer({ min: 0, max: 200 }), { maxLength: 6 })
  const steps = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 5 })
  fc.assert(
    fc.property(slices, steps, shapes, (drawn, further, { size, slide }) => {
      const over = new Slices(size, slide)
      const held = drawn.map((time) => over.sliceOf(time))
      let before = -1_000
      const closed: number[] = []
      for (const step of further) {
        closed.push(...over.closing(held, before, before + 900 + step))
        before += 900 + step
      }
      const expected = new Set(held.flatMap((slice) => windowsOf(slice, size, slide)))
      const ended = [...expected].filter((start) => start + size - 1 <= before).sort((a, b) => a - b)
      expect(closed.filter((start) => expected.has(start))).toEqual(ended)
    }),
  )
})

test('the signature tells sizes and slides apart, not ways to write them', () => {
  expect(sliding('60m', '1m').signature).toBe(sliding('1h', '60s').signature)
  expect(sliding('1h', '1m').signature).not.toBe(sliding('1h', '2m').signature)
  expect(sliding('1h', '1m').signature).not.toBe(sliding('2h', '1m').signature)
})

test.each([
  ['1m', '0s'],
  ['1m', '2m'],
  ['0s', '0s'],
] as const)('sliding(%j, %j) is refused', (size, slide) => {
  expect(() => sliding(size, slide)).toThrow(ConfigurationError)
  expect(() => sliding(size, slide)).toThrow(`sliding('${size}', '${slide}') cannot be: expected a slide of`)
})

test('discarding panes are refused, also where types do not say so', () => {
  const plan = { name: 'w', aggregate: members, lateness: 0, late: 'drop', emit: 'onUpdate' } as const
  const mode: PaneMode = 'discarding'
  expect(() => sliding('1m', '10s').build({ ...plan, mode })).toThrow(
    `window 'w' has discarding panes, which sliding windows do not have`,
  )
})
