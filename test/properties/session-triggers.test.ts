import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Pane, Windowed } from '../../lib/windows/pane.ts'
import { session } from '../../lib/windows/session.ts'
import { type Emit, every, type PaneMode } from '../../lib/windows/trigger.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, outcomes, type Reading, readings, run } from '../support/readings.ts'
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

interface Case {
  /** ms, as the bound, and the lateness */
  readonly gap: number
  readonly bound: number
  readonly lateness: number
  readonly emit: Emit
  readonly mode: PaneMode
}

const delays = fc.integer({ min: 0, max: 25 })
const cases: fc.Arbitrary<Case> = fc.record({
  gap: fc.integer({ min: 1, max: 20 }),
  bound: delays,
  lateness: delays,
  emit: fc.oneof(
    fc.constantFrom<Emit[]>('onClose', 'onUpdate'),
    fc.integer({ min: 1, max: 20 }).map((interval) => every(ms(interval))),
  ),
  mode: fc.constantFrom<PaneMode[]>('accumulating', 'discarding', 'retracting'),
})

const sessions = ({ gap, lateness, emit, mode }: Case) =>
  window('w', {
    over: session(ms(gap)),
    aggregate: members,
    emit,
    panes: mode,
    allowedLateness: ms(lateness),
    late: all('late'),
  })

const windowed = (it: Case) => pipeline('p', readings(ms(it.bound)), keyBy(), sessions(it), all())

/** A pane that has fired and was not taken back. */
interface Standing {
  readonly key: string
  readonly start: number
  readonly end: number
  readonly value: readonly number[]
  readonly index: number
}

interface Held {
  readonly key: string
  readonly elements: readonly Reading[]
  panes: number
  shown: readonly number[]
  standing: readonly Standing[]
}

const firstOf = ({ elements }: Held): number => Math.min(...elements.map(({ at }) => at))
const lastOf = ({ elements }: Held): number => Math.max(...elements.map(({ at }) => at))

/** Every session is a list, every element is compared with all of all sessions, and every pane is kept. */
function oracle(given: readonly Reading[], { gap, bound, lateness, emit, mode }: Case) {
  let held: Held[] = []
  const panes: unknown[] = []
  const late: number[] = []
  let watermark = Number.NEGATIVE_INFINITY
  const endOf = (each: Held): number => lastOf(each) + gap
  const push = ({ index, ...row }: Standing, timing: Pane['timing'], retraction = false): void => {
    const id = `w:${row.start}:${row.end}:${retraction ? '-' : ''}${index}:${row.key}`
    panes.push({ ...row, pane: { index, timing, id, ...(retraction && { retraction }) } })
  }
  const takeBack = (each: Held, timing: Pane['timing']): void => {
    if (mode === 'retracting') for (const pane of each.standing) push(pane, timing, true)
    each.standing = []
  }
  const newsOf = ({ elements, shown }: Held): number[] =>
    elements.map(({ n }) => n).filter((n) => !shown.includes(n))
  const fire = (each: Held, timing: Pane['timing']): void => {
    const all = each.elements.map(({ n }) => n)
    const news = newsOf(each)
    if (mode === 'discarding' && news.length === 0) return
    takeBack(each, timing)
    const value = (mode === 'discarding' ? news : all).sort((a, b) => a - b)
    const pane = { key: each.key, start: firstOf(each), end: endOf(each), value, index: each.panes++ }
    push(pane, timing)
    each.shown = all
    each.standing = [pane]
  }
  const advance = (to: number): void => {
    held.sort((a, b) => endOf(a) - endOf(b) || (a.key < b.key ? -1 : 1))
    for (const each of held) if (endOf(each) > watermark && endOf(each) <= to) fire(each, 'onTime')
    const passed = (time: number, interval: number): number => Math.floor((time + 1) / interval)
    if (typeof emit === 'object' && watermark !== Number.NEGATIVE_INFINITY) {
      const open = held.filter((each) => endOf(each) > to && newsOf(each).length > 0)
      const fires = passed(to, emit.interval) > passed(watermark, emit.interval)
      if (fires) for (const each of open) fire(each, 'early')
    }
    watermark = to
    held = held.filter((each) => endOf(each) + lateness > watermark)
  }
  for (const reading of given) {
    const { key, at, n } = reading
    const near = (each: Reading): boolean => Math.abs(each.at - at) <= gap
    const joined = held
      .filter((each) => each.key === key && each.elements.some(near))
      .sort((a, b) => firstOf(a) - firstOf(b))
    const made: Held = {
      key,
      elements: [...joined.flatMap(({ elements }) => elements), reading],
      panes: Math.max(0, ...joined.map(({ panes }) => panes)),
      shown: joined.flatMap(({ shown }) => shown),
      standing: joined.flatMap(({ standing }) => standing),
    }
    if (endOf(made) + lateness <= watermark) {
      late.push(n)
      continue
    }
    for (const each of joined) {
      if (firstOf(each) === firstOf(made) && endOf(each) === endOf(made)) continue
      takeBack(each, endOf(each) <= watermark ? 'late' : 'early')
      made.standing = []
    }
    held = [...held.filter((each) => !joined.includes(each)), made]
    if (endOf(made) <= watermark) fire(made, 'late')
    else if (emit === 'onUpdate') fire(made, 'early')
    if (at - bound - 1 > watermark) advance(at - bound - 1)
  }
  advance(Number.MAX_SAFE_INTEGER)
  return { panes, late }
}

/** What a table holds in the end from which every pane that is taken back is removed. */
function standing(panes: readonly Windowed<string, readonly number[]>[]): Record<string, unknown> {
  const rows = new Map<string, readonly number[]>()
  for (const { key, start, end, value, pane } of panes) {
    const row = `${key} ${start} ${end}`
    if (pane.retraction !== true) rows.set(row, value)
    else {
      expect(rows.get(row)).toEqual(value)
      rows.delete(row)
    }
  }
  return Object.fromEntries(rows)
}

describe('Panes of session windows', () => {
  test('are those of a list for each session, however records are delivered', async () => {
    await fc.assert(
      fc.asyncProperty(anyReadings, cases, deliveries, async (given, it, how) => {
        const { panes, late, stateSize } = await driven(windowed(it), given, how)
        const expected = oracle(given, it)
        expect(panes).toEqual(expected.panes)
        expect(late).toEqual(expected.late)
        expect(stateSize).toBe(0)
      }),
      { numRuns: 400 },
    )
  })

  test('that are taken back leave the sessions that fire at their close only, for every order within the bound', async () => {
    await fc.assert(
      fc.asyncProperty(ordersWithinBound, cases, deliveries, async ([one, other], it, how) => {
        const given: Case = { ...it, bound: BOUND, lateness: 0, mode: 'retracting' }
        const closed: Case = { ...given, emit: 'onClose', mode: 'accumulating' }
        const plain = await driven(windowed(closed), one, how)
        for (const order of [one, other]) {
          const { panes } = await driven(windowed(given), order, how)
          expect(standing(panes)).toEqual(finalRows(plain.panes))
        }
      }),
      { numRuns: 100 },
    )
  })

  test('that are taken back reach the window behind before it closes', async () => {
    const summed = async (given: readonly Reading[], it: Case) => {
      const made = pipeline(
        'p',
        readings(ms(it.bound)),
        keyBy(),
        sessions(it),
        map(({ value, pane }) => (pane.retraction === true ? -value.length : value.length)),
        keyBy(),
        window('sums', { over: tumbling('10ms'), aggregate: sum((n) => n) }),
        all(),
      )
      const drive = run(made, { batchSize: 5 })
        .send(...given)
        .end()
      expect(await outcomes(drive, 'sums')).not.toHaveProperty('late')
      const sums = await emitted<Windowed<string, number>>(drive)
      return sums.filter(({ value }) => value !== 0).map(({ key, start, value }) => [key, start, value])
    }
    await fc.assert(
      fc.asyncProperty(ordersWithinBound, cases, async ([given], it) => {
        fc.pre(given.length > 0)
        const timely: Case = { ...it, bound: BOUND, lateness: 0, mode: 'retracting' }
        const closed: Case = { ...timely, emit: 'onClose', mode: 'accumulating' }
        expect(await summed(given, timely)).toEqual(await summed(given, closed))
      }),
      { numRuns: 100 },
    )
  })
})
