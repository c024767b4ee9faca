import { type Counters, elementsIn } from '../../lib/core/counters.ts'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import { type LocalDeadLetters, type LocalTotals, sumCounters } from '../../lib/local/index.ts'

/** How far one pipeline is, over all its tasks and since its beginning. */
export interface PipelineStatus {
  readonly name: string
  readonly batches: number
  /** What became of its records, over all operators: in = the sum of the others. */
  readonly outcomes: Readonly<
    Record<'in' | 'onTime' | 'updated' | 'late' | 'filtered' | 'failed' | 'passed', number>
  >
  /** Windows open or kept for late records, by key. */
  readonly openWindows: number
  readonly closed: number
  readonly updatedPanes: number
  readonly deadLetters: number
  /** The slowest task's; undefined before the first event. */
  readonly watermark: number | undefined
}

/** The status as the local store knows it. */
export function statusOf(pipeline: Pipeline, totals: LocalTotals, letters: LocalDeadLetters): PipelineStatus {
  const tasks = totals.tasks(pipeline.name)
  const counters = sumCounters(tasks.map((task) => task.counters))
  const { source } = counters
  const windowed = pipeline.operators.some(({ op }) => op === 'window')
  // Behind a window there are panes and late elements, no records.
  const operators = Object.entries(counters).filter(([label]) => !(windowed && label.includes('sink(')))
  const over = (outcome: keyof Counters): number =>
    operators.reduce((sum, [, counts]) => sum + counts[outcome], 0)
  const main = pipeline.sinks[0]
  const delivered =
    windowed || main === undefined ? 0 : (counters[`${main.op}(${main.target.table})`]?.passed ?? 0)
  const watermarks = tasks.map(({ watermark }) => watermark ?? Number.NEGATIVE_INFINITY)
  const watermark = Math.min(...watermarks)
  return {
    name: pipeline.name,
    batches: tasks.reduce((sum, { batches }) => sum + batches, 0),
    outcomes: {
      in: source === undefined ? 0 : elementsIn(source),
      onTime: over('onTime'),
      updated: over('updated'),
      late: over('late'),
      filtered: over('filtered'),
      failed: over('failed'),
      passed: delivered,
    },
    openWindows: tasks.reduce((sum, { stateSize }) => sum + stateSize, 0),
    closed: over('closedPanes'),
    updatedPanes: over('updatedPanes'),
    deadLetters: letters.count(pipeline.name),
    watermark: tasks.length > 0 && Number.isFinite(watermark) ? watermark : undefined,
  }
}
