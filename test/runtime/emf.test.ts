import { afterEach, expect, test, vi } from 'vitest'
import { newCounters } from '../../lib/core/counters.ts'
import { emfReport } from '../../lib/runtime/emf.ts'
import type { BatchReport } from '../../lib/runtime/report.ts'

const report: BatchReport = {
  pipeline: 'p',
  task: 'p/w',
  stream: 's',
  shardId: 'shardId-1',
  records: 100,
  redelivered: 3,
  counters: {
    source: { ...newCounters(), passed: 96, failed: 1 },
    w: { ...newCounters(), onTime: 90, late: 6, closedPanes: 2 },
    quiet: newCounters(),
  },
  deadLetters: 1,
  milliseconds: 12.5,
  watermark: 1_000,
  watermarkLag: 250,
  commitConflicts: 0,
  stateSize: 7,
}

interface Line {
  readonly _aws: {
    readonly Timestamp: number
    readonly CloudWatchMetrics: readonly {
      readonly Namespace: string
      readonly Dimensions: readonly (readonly string[])[]
      readonly Metrics: readonly { readonly Name: string; readonly Unit: string }[]
    }[]
  }
  readonly [member: string]: unknown
}

function printed(given: BatchReport): { texts: string[]; lines: Line[] } {
  const texts: string[] = []
  const keep = (chunk: unknown): true => {
    texts.push(...String(chunk).split('\n').filter(Boolean))
    return true
  }
  vi.spyOn(process.stdout, 'write').mockImplementation(keep as typeof process.stdout.write)
  vi.spyOn(console, 'log').mockImplementation(keep)
  emfReport(given)
  vi.restoreAllMocks()
  return { texts, lines: texts.map((text) => JSON.parse(text) as Line) }
}

afterEach(() => vi.restoreAllMocks())

test('lines are what the embedded metric format asks for', () => {
  const { texts, lines } = printed(report)
  expect(lines).toHaveLength(3)
  for (const [index, line] of lines.entries()) {
    expect(texts[index]?.length).toBeLessThan(256 * 1_024)
    expect(Number.isInteger(line._aws.Timestamp)).toBe(true)
    for (const { Namespace, Dimensions, Metrics } of line._aws.CloudWatchMetrics) {
      expect(Namespace).toBe('millrace')
      expect(Metrics.length).toBeGreaterThan(0)
      expect(Metrics.length).toBeLessThanOrEqual(100)
      for (const names of Dimensions) {
        expect(names.length).toBeLessThanOrEqual(30)
        for (const name of names) expect(line[name]).toMatch(/^.{1,1024}$/)
      }
      for (const { Name, Unit } of Metrics) {
        expect(['Count', 'Milliseconds']).toContain(Unit)
        const values = [line[Name]].flat()
        expect(values.every((value) => typeof value === 'number' && Number.isFinite(value))).toBe(true)
      }
    }
  }
})

test('the batch and each operator that did something have a line', () => {
  const { lines } = printed(report)
  expect(lines[0]).toMatchObject({
    service: 'p',
    shardId: 'shardId-1',
    Records: 100,
    RedeliveredRecords: 3,
    DeadLetters: 1,
    Late: 6,
    BatchDuration: 12.5,
    CommitConflicts: 0,
    StateSize: 7,
    WatermarkLag: 250,
  })
  expect(lines[1]).toMatchObject({ service: 'p', operator: 'source', Passed: 96, Failed: 1 })
  expect(lines[2]).toMatchObject({ service: 'p', operator: 'w', OnTime: 90, Late: 6, ClosedPanes: 2 })
  expect(lines[1]).not.toHaveProperty('Late')
})

test('before the first event there is no lag, and nothing that is no number', () => {
  const { texts, lines } = printed({
    ...report,
    watermark: Number.NEGATIVE_INFINITY,
    watermarkLag: Number.POSITIVE_INFINITY,
  })
  expect(lines[0]).not.toHaveProperty('WatermarkLag')
  expect(texts.join()).not.toMatch(/null|Infinity|NaN/)
})
