import { expect, it } from 'vitest'
import { killsItsProcess, nextAttempt } from '../../lib/runtime/attempt.ts'
import type { Attempt } from '../../lib/state/store.ts'

const POSITION = '4959'

/** How many kills it takes until one record of `records` is given up, if each time the first one kills. */
function killsUntilGivenUp(records: number): number {
  let attempt: Attempt | undefined
  for (let kills = 0; kills < 100; kills++) {
    attempt = nextAttempt(attempt, POSITION, records)
    if (killsItsProcess(attempt)) return kills
  }
  return Number.POSITIVE_INFINITY
}

it('the first attempt at a position takes the whole batch', () => {
  const expected = { sequenceNumber: POSITION, attempts: 1, limit: 100, running: true }
  expect(nextAttempt(undefined, POSITION, 100)).toEqual(expected)
  const elsewhere = { sequenceNumber: '1', attempts: 7, limit: 3, running: true }
  expect(nextAttempt(elsewhere, POSITION, 100)).toEqual(expected)
})

it('an attempt that came to an end by itself is no kill', () => {
  const ended = { sequenceNumber: POSITION, attempts: 2, limit: 100, running: false }
  expect(nextAttempt(ended, POSITION, 100)).toEqual({ ...ended, running: true })
  expect(nextAttempt(ended, POSITION, 5_000).limit).toBe(5_000)
  expect(nextAttempt({ ...ended, attempts: 4, limit: 25 }, POSITION, 5_000).limit).toBe(25)
})

it('from the third attempt the number of records is halved', () => {
  const limits: number[] = []
  let attempt: Attempt | undefined
  for (let kill = 0; kill < 6; kill++) {
    attempt = nextAttempt(attempt, POSITION, 100)
    limits.push(attempt.limit)
  }
  expect(limits).toEqual([100, 100, 50, 25, 12, 6])
})

it('a shorter batch than at the last attempt is halved itself', () => {
  const killed = { sequenceNumber: POSITION, attempts: 2, limit: 100, running: true }
  expect(nextAttempt(killed, POSITION, 10).limit).toBe(5)
})

it.each([
  [1, 4],
  [2, 4],
  [100, 9],
  [10_000, 16],
])('of %i records the first one is given up after %i kills', (records, kills) => {
  expect(killsUntilGivenUp(records)).toBe(kills)
})

it('a record is given up only when it is alone', () => {
  expect(killsItsProcess({ sequenceNumber: POSITION, attempts: 9, limit: 2, running: true })).toBe(false)
  expect(killsItsProcess({ sequenceNumber: POSITION, attempts: 4, limit: 1, running: true })).toBe(false)
  expect(killsItsProcess({ sequenceNumber: POSITION, attempts: 5, limit: 1, running: true })).toBe(true)
})
