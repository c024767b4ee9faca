import { describe, expect, it } from 'vitest'
import { jsonLines } from '../../../examples/flights/airport-hour.ts'
import { badKindAt } from '../../../examples/flights/bad.ts'
import { straightWindows } from '../../../examples/flights/straight.ts'

const HOUR = 3_600_000

/** A flight at `scheduled` ms; without a delay unless given, so that it arrives at its event time. */
const flight = (scheduled: number, delay = 0, origin = 'LAX') => ({
  origin,
  destination: 'JFK',
  scheduled,
  delay,
  distance: 1,
})

/** The flight that moves the watermark of its shard to exactly `watermark`. */
const moving = (watermark: number, origin = 'LAX') => flight(watermark + HOUR + 1, 0, origin)

describe('the straight computation', () => {
  it('puts a flight at the start of an hour, and one at its last millisecond, in that hour', () => {
    const { items } = straightWindows([flight(HOUR), flight(2 * HOUR - 1), flight(2 * HOUR)], true)
    expect(items.map(({ hour, flights }) => [hour, flights])).toEqual([
      [HOUR, 2],
      [2 * HOUR, 1],
    ])
  })

  it('aggregates number, mean, worst and the share delayed by more than 15 minutes', () => {
    const { items } = straightWindows([flight(0, -5), flight(0, 15), flight(0, 16), flight(0, 40)], true)
    expect(items).toEqual([{ airport: 'LAX', hour: 0, flights: 4, meanDelay: 16.5, worst: 40, over15: 0.5 }])
  })

  it('takes a flight on time while the watermark is below the last millisecond of its hour', () => {
    expect(straightWindows([moving(HOUR - 2), flight(0)], true).counts).toMatchObject({
      onTime: 2,
      updated: 0,
    })
    expect(straightWindows([moving(HOUR - 1), flight(0)], true).counts).toMatchObject({
      onTime: 1,
      updated: 1,
    })
  })

  it('takes updates until the watermark reaches the last millisecond plus three hours, then all is late', () => {
    const before = straightWindows([moving(4 * HOUR - 2), flight(0)], true)
    expect(before.counts).toMatchObject({ updated: 1, late: 0 })
    expect(before.items).toHaveLength(2)
    const after = straightWindows([moving(4 * HOUR - 1), flight(0)], true)
    expect(after.counts).toMatchObject({ updated: 0, late: 1 })
    expect(after.lateCount).toBe(1)
    expect(after.items).toHaveLength(1)
  })

  it('judges a flight against the watermark before it, and never moves that back', () => {
    const { counts } = straightWindows([moving(4 * HOUR - 1), flight(HOUR), flight(0)], true)
    expect(counts).toMatchObject({ updated: 1, late: 1 })
  })

  it('keeps a watermark for each of 4 shards, by the MD5 of the airport', () => {
    // The first hexadecimal digit: LAX 1, MSP 4, ABE 9, ORD c, JFK e
    const lateAfter = (mover: string) =>
      ['LAX', 'MSP', 'ABE', 'ORD', 'JFK'].filter(
        (origin) =>
          straightWindows([moving(4 * HOUR - 1, mover), flight(0, 0, origin)], true).counts.late === 1,
      )
    expect(lateAfter('LAX')).toEqual(['LAX'])
    expect(lateAfter('MSP')).toEqual(['MSP'])
    expect(lateAfter('ABE')).toEqual(['ABE'])
    expect(lateAfter('ORD')).toEqual(['ORD', 'JFK'])
  })

  it('fails an event time more than an hour ahead of its arrival, and keeps the watermark from it', () => {
    const { counts, items } = straightWindows([flight(9 * HOUR, -61), flight(0)], true)
    expect(counts).toEqual({ in: 2, onTime: 1, updated: 0, late: 0, failed: 1 })
    expect(items).toHaveLength(1)
    expect(straightWindows([flight(9 * HOUR, -60), flight(0)], true).counts).toMatchObject({
      failed: 0,
      late: 1,
    })
  })

  it('counts each bad record as failed and changes nothing else for it', () => {
    const flights = Array.from({ length: 200 }, (_, i) => flight(i * 600_000))
    const bad = flights.filter((_, index) => badKindAt(index, 0.3)).length
    const clean = straightWindows(flights, true)
    const mixed = straightWindows(flights, true, 0.3)
    expect(bad).toBeGreaterThan(0)
    expect(mixed.counts).toEqual({ ...clean.counts, in: 200 + bad, failed: bad })
    expect(mixed.items).toEqual(clean.items)
  })

  it('has, of a paused stream, the hours that have closed, each with all its updates', () => {
    const { items, panes } = straightWindows([flight(0, 2), moving(HOUR - 1), flight(0, 4)], false)
    expect(items).toEqual([{ airport: 'LAX', hour: 0, flights: 2, meanDelay: 3, worst: 4, over15: 0 }])
    expect(panes).toEqual({ onTime: 1, updated: 1 })
    expect(straightWindows([flight(0), moving(HOUR - 2)], false).items).toEqual([])
  })

  it('counts a window that begins after its close as updated only', () => {
    expect(straightWindows([moving(HOUR - 1), flight(0)], true).panes).toEqual({ onTime: 1, updated: 1 })
  })

  it('sorts by airport, then hour, and writes a line for each', () => {
    const { items } = straightWindows([flight(HOUR), flight(0), flight(0, 3, 'ABE')], true)
    expect(jsonLines(items)).toBe(
      '{"airport":"ABE","hour":0,"flights":1,"meanDelay":3,"worst":3,"over15":0}\n' +
        '{"airport":"LAX","hour":0,"flights":1,"meanDelay":0,"worst":0,"over15":0}\n' +
        '{"airport":"LAX","hour":3600000,"flights":1,"meanDelay":0,"worst":0,"over15":0}\n',
    )
  })
})
