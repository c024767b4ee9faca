import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { global } from '../../lib/windows/global.ts'
import type { Pane } from '../../lib/windows/pane.ts'
import { sliding } from '../../lib/windows/sliding.ts'
import { type Every, every, type PaneMode } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import {
  anyReadings,
  BOUND,
  deliveries,
  driven,
  finalRows,
  members,
  ms,
  ordersWithinBound,
} from '../support/window-cases.ts'

type EarlyEmit = 'onUpdate' | Every

interface Case {
  /** of the windows, ms; 0 for one of all time */
  readonly size: number
  /** ms from window to window */
  readonly slide: number
  readonly bound: number
  readonly lateness: number
  readonly emit: 'onClose' | EarlyEmit
  readonly mode: PaneMode
}

const early: fc.Arbitrary<EarlyEmit> = fc.oneof(
  fc.constant('onUpdate' as const),
  fc.integer({ min: 1, max: 20 }).map((interval) => every(ms(interval))),
)
const modes = fc.constantFrom<PaneMode[]>('accumulating', 'discarding', 'retracting')
const delays = fc.integer({ min: 0, max: 25 })

const lengths = fc.integer({ min: 1, max: 40 })
const tumblingCases: fc.Arbitrary<Case> = fc
  .record({
    size: lengths,
    bound: delays,
    lateness: delays,
    emit: fc.oneof(fc.constant('onClose' as const), early),
    mode: modes,
  })
  .map((it) => ({ ...it, slide: it.size }))
const slidingCases: fc.Arbitrary<Case> = fc
  .tuple(tumblingCases, lengths, fc.constantFrom('accumulating', 'retracting'))
  .map(([it, length, mode]) => ({
    ...it,
    size: Math.max(it.size, length),
    slide: Math.min(it.size, length),
    mode,
  }))
const globalCases = fc.record({
  size: fc.constant(0),
  slide: fc.constant(0),
  bound: delays,
  lateness: fc.constant(0),
  emit: early,
  mode: modes,
})

const windowed = ({ size, slide, bound, lateness, emit, mode }: Case) => {
  const options = { aggregate: members, emit, panes: mode, allowedLateness: ms(lateness) }
  return pipeline(
    'p',
    readings(ms(bound)),
    keyBy(),
    size === 0 && emit !== 'onClose'
      ? window('w', { ...options, over: global(), emit, late: all('late') })
      : size === slide || mode === 'discarding'
        ? window('w', { ...options, over: tumbling(ms(size)), late: all('late') })
        : window('w', { ...options, over: sliding(ms(size), ms(slide)), panes: mode, late: all('late') }),
    all(),
  )
}

interface Held {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly members: number[]
  /** what each pane was made of, in full or in part */
  readonly panes: number[][]
  /** members in some pane already */
  shown: number
}

/** The windows that a time is in, oldest first. */
function spansOf(at: number, { size, slide }: Case): Pick<Held, 'start' | 'end'>[] {
  if (size === 0) return [{ start: Number.MIN_SAFE_INTEGER, end: Number.MAX_SAFE_INTEGER }]
  const spans = []
  for (let start = Math.ceil((at - size + 1) / slide) * slide; start <= at; start += slide) {
    spans.push({ start, end: start + size })
  }
  return spans
}

const sorted = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b)
const byEndAndKey = (a: Held, b: Held): number => a.end - b.end || (a.key < b.key ? -1 : 1)

/** Every window is a list, and every pane is kept. */
function oracle(given: readonly Reading[], it: Case) {
  const { bound, lateness, emit, mode } = it
  const windows = new Map<string, Held>()
  const panes: unknown[] = []
  const late: number[] = []
  let watermark = Number.NEGATIVE_INFINITY
  const push = (
    { key, start, end }: Held,
    index: number,
    timing: string,
    value: number[],
    retraction = false,
  ) => {
    const id = `w:${start}:${end}:${retraction ? '-' : ''}${index}:${key}`
    panes.push({ key, start, end, value, pane: { index, timing, id, ...(retraction && { retraction }) } })
  }
  const fire = (window: Held, timing: Pane['timing']): void => {
    const news = window.members.slice(window.shown)
    if (mode === 'discarding' && news.length === 0) return
    const last = window.panes.at(-1)
    const index = window.panes.length
    if (mode === 'retracting' && last !== undefined) push(window, index - 1, timing, last, true)
    const value = sorted(mode === 'discarding' ? news : window.members)
    push(window, index, timing, value)
    window.panes.push(value)
    window.shown = window.members.length
  }
  const advance = (to: number): void => {
    const all = [...windows.values()].sort(byEndAndKey)
    for (const each of all) if (each.end - 1 > watermark && each.end - 1 <= to) fire(each, 'onTime')
    if (typeof emit === 'object') {
      const passed = (time: number): number => Math.floor((time + 1) / emit.interval)
      const open = all.filter((each) => each.end - 1 > to && each.shown < each.members.length)
      const first = watermark === Number.NEGATIVE_INFINITY
      if (!first && passed(to) > passed(watermark)) for (const each of open) fire(each, 'early')
    }
    watermark = to
  }
  for (const { key, at, n } of given) {
    const taking = spansOf(at, it).filter(({ end }) => end - 1 + lateness > watermark)
    if (taking.length === 0) late.push(n)
    const taken = taking.map(({ start, end }) => {
      const id = `${key} ${start}`
      const window = windows.get(id) ?? { key, start, end, members: [], panes: [], shown: 0 }
      windows.set(id, window)
      window.members.push(n)
      return window
    })
    for (const window of taken) {
      if (window.end - 1 <= watermark) fire(window, 'late')
      else if (emit === 'onUpdate') fire(window, 'early')
    }
    if (at - bound - 1 > watermark) advance(at - bound - 1)
  }
  advance(Number.MAX_SAFE_INTEGER)
  return { panes, late }
}

describe.each([
  ['tumbling', tumblingCases],
  ['sliding', slidingCases],
  ['global', globalCases],
])('Panes of %s windows', (_, cases: fc.Arbitrary<Case>) => {
  test('are those of a list for each window, however records are delivered', async () => {
    await fc.assert(
      fc.asyncProperty(anyReadings, cases, deliveries, async (given, it, how) => {
        const { panes, late, stateSize } = await driven(windowed(it), given, how)
        const expected = oracle(given, it)
        expect(panes).toEqual(expected.panes)
        expect(late).toEqual(expected.late)
        expect(stateSize).toBe(0)
      }),
      { numRuns: 250 },
    )
  })

  test('end in the same rows for every order within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(ordersWithinBound, cases, deliveries, async ([one, other], it, how) => {
        const given: Case = { ...it, bound: BOUND, mode: 'accumulating' }
        const [a, b] = [await driven(windowed(given), one, how), await driven(windowed(given), other, how)]
        expect(finalRows(b.panes)).toEqual(finalRows(a.panes))
      }),
      { numRuns: 100 },
    )
  })
})
