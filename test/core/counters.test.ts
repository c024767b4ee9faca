import { expect, test } from 'vitest'
import { addCounters, elementsIn, newCounters } from '../../lib/core/counters.ts'

const counted = {
  passed: 1,
  onTime: 2,
  updated: 4,
  late: 8,
  filtered: 16,
  failed: 32,
  closedPanes: 64,
  updatedPanes: 128,
  earlyPanes: 256,
  retractions: 512,
}

test('each outcome counts as one element in, and panes do not', () => {
  expect(elementsIn(counted)).toBe(63)
})

test('counters are added in place', () => {
  const total = newCounters()
  expect(addCounters(addCounters(total, counted), counted)).toBe(total)
  expect(total).toMatchObject({ passed: 2, failed: 64, updatedPanes: 256 })
})

test('counters are taken off again', () => {
  expect(addCounters({ ...counted }, counted, -1)).toEqual(newCounters())
})
