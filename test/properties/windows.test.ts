import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { session } from '../../lib/windows/session.ts'
import { sliding } from '../../lib/windows/sliding.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import type { NeedsClose, NeedsMerge, Windows } from '../../lib/windows/windows.ts'
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

interface Kind {
  readonly over: Windows<NeedsMerge & NeedsClose>
  readonly size: number
  readonly slide: number
}

const shape = fc.tuple(fc.integer({ min: 1, max: 30 }), fc.integer({ min: 1, max: 30 }))
const kinds: Readonly<Record<string, fc.Arbitrary<Kind>>> = {
  tumbling: shape.map(([size]) => ({ over: tumbling(ms(size)), size, slide: size })),
  sliding: shape.map(([a, b]) => {
    const [size, slide] = [Math.max(a, b), Math.min(a, b)]
    return { over: sliding(ms(size), ms(slide)), size, slide }
  }),
}

const windowed = (over: Windows<NeedsMerge & NeedsClose>, bound: number, lateness: number) =>
  pipeline(
    'p',
    readings(ms(bound)),
    keyBy(),
    window('w', { over, aggregate: members, allowedLateness: ms(lateness), late: all('late') }),
    all(),
  )

interface Held {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly members: number[]
  panes: number
}

interface Place {
  readonly key: string
  readonly start: number
  readonly end: number
}

const paneOf = ({ key, start, end }: Place, timing: string, index: number) => ({
  index,
  timing,
  id: `w:${start}:${end}:${index}:${key}`,
})

/** Every window is a list of its own, and is looked at for every element. */
function oracle(given: readonly Reading[], { size, slide }: Kind, bound: number, lateness: number) {
  const windows = new Map<string, Held>()
  const panes: unknown[] = []
  const late: number[] = []
  let watermark = Number.NEGATIVE_INFINITY
  const fire = (window: Held, timing: string): void => {
    const { key, start, end } = window
    const pane = paneOf(window, timing, window.panes++)
    panes.push({ key, start, end, value: [...window.members].sort((a, b) => a - b), pane })
  }
  const advance = (to: number): void => {
    const closing = [...windows.values()].filter(({ end }) => end - 1 > watermark && end - 1 <= to)
    for (const window of closing.sort((a, b) => a.end - b.end || (a.key < b.key ? -1 : 1))) {
      fire(window, 'onTime')
    }
    watermark = to
  }
  for (const { key, at, n } of given) {
    const updated: Held[] = []
    let taken = false
    for (let start = Math.ceil((at - size + 1) / slide) * slide; start <= at; start += slide) {
      const end = start + size
      if (end - 1 + lateness <= watermark) continue
      taken = true
      const id = `${key} ${start}`
      const window = windows.get(id) ?? { key, start, end, members: [], panes: 0 }
      windows.set(id, window)
      window.members.push(n)
      if (end - 1 <= watermark) updated.push(window)
    }
    if (!taken) late.push(n)
    for (const window of updated) fire(window, 'late')
    if (at - bound - 1 > watermark) advance(at - bound - 1)
  }
  advance(Number.MAX_SAFE_INTEGER)
  return { panes, late }
}

interface HeldSession {
  readonly key: string
  readonly elements: readonly Reading[]
  panes: number
}

const firstOf = ({ elements }: HeldSession): number => Math.min(...elements.map(({ at }) => at))
const lastOf = ({ elements }: HeldSession): number => Math.max(...elements.map(({ at }) => at))

/** Every session is a list, and every element is compared with all of all sessions. */
function sessionOracle(given: readonly Reading[], gap: number, bound: number, lateness: number) {
  let sessions: HeldSession[] = []
  const panes: unknown[] = []
  const late: number[] = []
  let watermark = Number.NEGATIVE_INFINITY
  const endOf = (session: HeldSession): number => lastOf(session) + gap
  const fire = (session: HeldSession, timing: string): void => {
    const value = session.elements.map(({ n }) => n).sort((a, b) => a - b)
    const span = { key: session.key, start: firstOf(session), end: endOf(session) }
    panes.push({ ...span, value, pane: paneOf(span, timing, session.panes++) })
  }
  const advance = (to: number): void => {
    const closing = sessions.filter((each) => endOf(each) > watermark && endOf(each) <= to)
    for (const each of closing.sort((a, b) => endOf(a) - endOf(b) || (a.key < b.key ? -1 : 1))) {
      fire(each, 'onTime')
    }
    watermark = to
    sessions = sessions.filter((each) => endOf(each) + lateness > watermark)
  }
  for (const reading of given) {
    const { key, at, n } = reading
    const near = (each: Reading): boolean => Math.abs(each.at - at) <= gap
    const joined = sessions.filter((each) => each.key === key && each.elements.some(near))
    const session: HeldSession = {
      key,
      elements: [...joined.flatMap(({ elements }) => elements), reading],
      panes: Math.max(0, ...joined.map((each) => each.panes)),
    }
    if (endOf(session) + lateness <= watermark) {
      late.push(n)
      continue
    }
    sessions = [...sessions.filter((each) => !joined.includes(each)), session]
    if (endOf(session) <= watermark) fire(session, 'late')
    if (at - bound - 1 > watermark) advance(at - bound - 1)
  }
  advance(Number.MAX_SAFE_INTEGER)
  return { panes, late }
}

describe.each(Object.entries(kinds))('%s windows', (_, kind) => {
  test('fire what a list for each window would, however records are delivered', async () => {
    const delays = fc.integer({ min: 0, max: 25 })
    await fc.assert(
      fc.asyncProperty(
        anyReadings,
        kind,
        delays,
        delays,
        deliveries,
        async (given, it, bound, lateness, how) => {
          const { panes, late, stateSize } = await driven(windowed(it.over, bound, lateness), given, how)
          const expected = oracle(given, it, bound, lateness)
          expect(panes).toEqual(expected.panes)
          expect(late).toEqual(expected.late)
          expect(stateSize).toBe(0)
        },
      ),
      { numRuns: 150 },
    )
  })

  test('hold the same in the end for every order within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(ordersWithinBound, kind, deliveries, async ([one, other], { over }, how) => {
        const [a, b] = [
          await driven(windowed(over, BOUND, 0), one, how),
          await driven(windowed(over, BOUND, 0), other, how),
        ]
        expect(finalRows(b.panes)).toEqual(finalRows(a.panes))
        expect([...a.late, ...b.late]).toEqual([])
      }),
      { numRuns: 100 },
    )
  })
})

describe('session windows', () => {
  const gaps = fc.integer({ min: 1, max: 20 })

  test('fire what comparing every element with all others says, however records are delivered', async () => {
    const delays = fc.integer({ min: 0, max: 25 })
    await fc.assert(
      fc.asyncProperty(
        anyReadings,
        gaps,
        delays,
        delays,
        deliveries,
        async (given, gap, bound, lateness, how) => {
          const made = windowed(session(ms(gap)), bound, lateness)
          const { panes, late, stateSize } = await driven(made, given, how)
          const expected = sessionOracle(given, gap, bound, lateness)
          expect(panes).toEqual(expected.panes)
          expect(late).toEqual(expected.late)
          expect(stateSize).toBe(0)
        },
      ),
      { numRuns: 300 },
    )
  })

  test('hold the same in the end for every order within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(ordersWithinBound, gaps, deliveries, async ([one, other], gap, how) => {
        const [a, b] = [
          await driven(windowed(session(ms(gap)), BOUND, 0), one, how),
          await driven(windowed(session(ms(gap)), BOUND, 0), other, how),
        ]
        expect(finalRows(b.panes)).toEqual(finalRows(a.panes))
        expect([...a.late, ...b.late]).toEqual([])
      }),
      { numRuns: 300 },
    )
  })
})
