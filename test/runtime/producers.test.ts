import { describe, expect, test } from 'vitest'
import { ExchangeGapError } from '../../lib/core/errors.ts'
import type { HashRange } from '../../lib/core/shards.ts'
import type { Frame, SentEntry } from '../../lib/runtime/frame.ts'
import { MARKS_SHAPE, Producers } from '../../lib/runtime/producers.ts'
import { KeyedStateTable } from '../../lib/state/keyed-state-table.ts'

const NEVER = Number.NEGATIVE_INFINITY
const range = (start: number, end: number): HashRange => ({
  startingHashKey: BigInt(start),
  endingHashKey: BigInt(end),
})
const OWN = range(0, 99)

const frame = (
  task: string,
  version: number,
  { previous = -1, ...more }: { previous?: number | SentEntry[] } & Partial<Omit<Frame, 'previous'>> = {},
): Frame => {
  const sent = Array.isArray(previous) ? previous : previous < 0 ? [] : [{ task: '', version: previous }]
  const whole = more.range ?? OWN
  return {
    task,
    epoch: 0,
    version,
    part: 0,
    last: true,
    watermark: version * 10,
    range: whole,
    previous: sent.length === 0 ? [] : [{ range: whole, value: sent }],
    keys: [],
    times: [],
    values: [],
    ...more,
  }
}

function receiver(roster: readonly string[] = ['a', 'b'], own = OWN) {
  const table = new KeyedStateTable(MARKS_SHAPE)
  const producers = new Producers(table, own)
  producers.expect(roster)
  const take = (each: Frame): readonly HashRange[] => {
    const fresh = producers.fresh(each)
    producers.done(each, fresh)
    return fresh
  }
  return { producers, table, take }
}

describe('The watermark of a receiver', () => {
  test('is the least of all producers of the roster, and of none before each has spoken', () => {
    const { producers, take } = receiver()
    expect(producers.watermark()).toBe(NEVER)
    take(frame('a', 3))
    expect(producers.watermark()).toBe(NEVER)
    take(frame('b', 1))
    expect(producers.watermark()).toBe(10)
  })

  test('counts with the last part of a frame', () => {
    const { producers, take } = receiver(['a'])
    take(frame('a', 2, { part: 0, last: false }))
    expect(producers.watermark()).toBe(NEVER)
    take(frame('a', 2, { part: 1 }))
    expect(producers.watermark()).toBe(20)
  })

  test('is undefined where there is no producer', () => {
    expect(receiver([]).producers.watermark()).toBeUndefined()
  })

  test('is least over the hash ranges of one producer too', () => {
    const { producers, take } = receiver(['a'])
    take(frame('a', 1))
    take(frame('a', 5, { range: range(0, 49), previous: 1 }))
    expect(producers.watermark()).toBe(10)
    take(frame('a', 6, { range: range(50, 99), previous: 1 }))
    expect(producers.watermark()).toBe(50)
  })
})

describe('A frame', () => {
  test('is new once, for the part of its range that is the own one', () => {
    const { take } = receiver(['a'], range(50, 149))
    expect(take(frame('a', 0, { range: range(0, 99) }))).toEqual([range(50, 99)])
    expect(take(frame('a', 0, { range: range(0, 99) }))).toEqual([])
    expect(take(frame('a', 0, { range: range(100, 199) }))).toEqual([range(100, 149)])
    expect(take(frame('a', 1, { range: range(200, 299) }))).toEqual([])
  })

  test('that a late invocation puts again changes nothing, however old it is', () => {
    const { producers, take } = receiver(['a'])
    take(frame('a', 0))
    take(frame('a', 4, { previous: 0 }))
    expect(take(frame('a', 0))).toEqual([])
    expect(producers.watermark()).toBe(40)
  })

  test('whose parts were put twice, one attempt into the other, is taken part by part', () => {
    const { take } = receiver(['a'])
    const part = (number: number, last = false) => take(frame('a', 0, { part: number, last })).length
    expect([part(0), part(0), part(1), part(0), part(1), part(2, true), part(2, true)]).toEqual([
      1, 0, 1, 0, 0, 1, 0,
    ])
  })

  test.each([
    ['the one before it', frame('a', 2, { previous: 1 })],
    ['its first part', frame('a', 1, { part: 1, previous: 0 })],
    ['the rest of the one before it', frame('a', 9, { previous: 0 })],
    ['the seal of a parent', frame('c', 0, { previous: [{ task: 'b', version: 3 }] })],
    ['what it was said to be the first of', frame('a', 9)],
  ])('is refused when %s is missing: an element would be lost', (_, next) => {
    const { take } = receiver()
    take(frame('a', 0, { last: false }))
    expect(() => take(next)).toThrow(ExchangeGapError)
  })
})

describe('A seal', () => {
  test('takes its task out of the minimum and puts its children in, at its watermark', () => {
    const { producers, take } = receiver()
    take(frame('b', 9))
    take(frame('a', 3, { children: ['a1', 'a2'] }))
    expect(producers.watermark()).toBe(30)
    take(frame('a1', 0, { previous: [{ task: 'a', version: 3 }], watermark: 70 }))
    expect(producers.watermark()).toBe(30)
    take(frame('a2', 0, { previous: [{ task: 'a', version: 3 }], watermark: 80 }))
    expect(producers.watermark()).toBe(70)
  })

  test('of the second parent of a merge lowers the watermark that the child was expected at', () => {
    const { producers, take } = receiver()
    take(frame('a', 9, { children: ['c'] }))
    take(frame('b', 2, { children: ['c'] }))
    expect(producers.watermark()).toBe(20)
    take(
      frame('c', 0, {
        previous: [
          { task: 'a', version: 9 },
          { task: 'b', version: 2 },
        ],
        watermark: 50,
      }),
    )
    expect(producers.watermark()).toBe(50)
  })

  test('that comes again does not bring back what its child has passed', () => {
    const { producers, take } = receiver(['a'])
    take(frame('a', 1, { children: ['c'] }))
    take(frame('c', 0, { previous: [{ task: 'a', version: 1 }], watermark: 500 }))
    take(frame('a', 1, { children: ['c'] }))
    expect(producers.watermark()).toBe(500)
  })

  test('holds for its hash range: elsewhere the task is waited for', () => {
    const { producers, take } = receiver(['a'])
    take(frame('a', 0))
    take(frame('a', 7, { range: range(0, 49), previous: 0, children: [] }))
    expect(producers.watermark()).toBe(0)
  })
})

test('marks are stored with the ranges that they hold for, and come back', () => {
  const { table, take } = receiver(['a'])
  take(frame('a', 0, { range: range(0, 49) }))
  const [[, [, stored] = []] = []] = table.changes()
  expect(MARKS_SHAPE.store(MARKS_SHAPE.revive(stored as never))).toEqual(stored)
  expect(stored).toEqual([
    ['0', '31', [1, 0, 0, false]],
    ['32', '63', [0, 0, NEVER, false]],
  ])
})
