import { memoryOf } from '../batch.ts'
import { emfReport } from '../emf.ts'
import type { BatchReport } from '../report.ts'
import type { Stage } from '../stage.ts'
import { batchOf, type Step } from './step.ts'

/** Tells the environment what the batch did, once it has got through. */
export const count = (stage: Stage): Step => ({
  name: 'count',
  after: (request) => {
    const batch = batchOf(request)
    const { graph, progress } = memoryOf(batch)
    tell(stage.environment.report ?? emfReport, {
      pipeline: stage.plan.pipeline.name,
      task: batch.task.id,
      stream: batch.source.stream,
      shardId: batch.source.shardId,
      records: batch.source.length,
      redelivered: batch.redelivered,
      counters: graph.countersOfBatch(),
      ...(batch.task.log && { totals: graph.counters() }),
      deadLetters: batch.deadLetters,
      milliseconds: performance.now() - batch.started,
      watermark: progress.watermark,
      watermarkLag: progress.arrival - progress.arrivalWatermark,
      commitConflicts: batch.commitConflicts,
      stateSize: graph.state.size,
    })
  },
})

/** The batch is done: a report that fails must not make Lambda deliver it again. */
function tell(report: (batch: BatchReport) => void, batch: BatchReport): void {
  try {
    report(batch)
  } catch (error) {
    process.emitWarning(`millrace could not report a batch of ${batch.task}: ${String(error)}`)
  }
}
