import { expect, it } from 'vitest'
import { newCounters } from '../../lib/core/counters.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalTotals } from '../../lib/local/task-totals.ts'
import type { BatchReport } from '../../lib/runtime/report.ts'

const report = (passed: number, totals?: number): BatchReport => ({
  pipeline: 'clicks',
  task: 'clicks/clicks/shardId-000000000000',
  stream: 'clicks',
  shardId: 'shardId-000000000000',
  records: passed,
  redelivered: 0,
  counters: { source: { ...newCounters(), passed } },
  ...(totals !== undefined && { totals: { source: { ...newCounters(), passed: totals } } }),
  deadLetters: 0,
  milliseconds: 1,
  watermark: Number.NEGATIVE_INFINITY,
  watermarkLag: 0,
  commitConflicts: 0,
  stateSize: 0,
})

const passed = (totals: LocalTotals): number | undefined => totals.tasks('clicks')[0]?.counters.source?.passed

it('a batch without a log counts once, however often it came before the mapping was past it', () => {
  const totals = new LocalTotals(openDatabase(':memory:'))
  totals.report(report(5))
  totals.report(report(7))
  totals.settle('clicks', 'clicks', 'shardId-000000000000')
  totals.report(report(2))
  expect(passed(totals)).toBe(7)
  totals.settle('clicks', 'clicks', 'shardId-000000000000')
  expect(passed(totals)).toBe(9)
  expect(totals.tasks('clicks')[0]?.batches).toBe(2)
})

it('a task with a log tells its totals, so a batch whose checkpoint was lost is not counted again', () => {
  const totals = new LocalTotals(openDatabase(':memory:'))
  totals.report(report(5, 5))
  totals.report(report(0, 5))
  totals.settle('clicks', 'clicks', 'shardId-000000000000')
  expect(passed(totals)).toBe(5)
})

it('before the first event there is no watermark', () => {
  const totals = new LocalTotals(openDatabase(':memory:'))
  totals.report(report(1))
  expect(totals.tasks('clicks')[0]?.watermark).toBeNull()
})

it('the first shards of two streams are two tasks', () => {
  const totals = new LocalTotals(openDatabase(':memory:'))
  totals.report(report(5))
  totals.settle('clicks', 'clicks', 'shardId-000000000000')
  totals.report({ ...report(2), stream: 'views' })
  totals.settle('clicks', 'views', 'shardId-000000000000')
  expect(totals.tasks('clicks').map(({ counters }) => counters.source?.passed)).toEqual([5, 2])
})
