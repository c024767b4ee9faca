import { type Batch, memoryOf } from '../batch.ts'
import { publish, UndeliveredError } from '../publish.ts'
import type { Stage } from '../stage.ts'
import { batchOf, type Step } from './step.ts'

/**
 * Hands the outputs to the sinks: after the commit, never before (protocol R3). If that fails the batch
 * fails, and the next load delivers them again (R5, R7). A stage without a log has nothing that would
 * deliver them again: it reports the first record whose output did not get through.
 */
export const publishStep = (stage: Stage): Step => ({
  name: 'publish',
  after: async (request) => {
    const batch = batchOf(request)
    const { graph, progress } = memoryOf(batch)
    if (graph.outbox.length === 0) return
    batch.deadLetters = graph.outbox.deadLetters
    const { id, generation, log } = batch.task
    const { epoch, tick } = progress
    try {
      await publish(stage, graph.outbox.stored(), { task: id, generation, epoch, tick })
    } catch (error) {
      if (log !== undefined || !(error instanceof UndeliveredError)) throw error
      reportUndelivered(batch, error)
    }
    graph.outbox.clear()
  },
})

function reportUndelivered(batch: Batch, error: UndeliveredError): void {
  const undelivered = new Set(error.records.map(({ order }) => order.sequenceNumber))
  for (let index = 0; index < batch.source.length; index++) {
    if (!undelivered.has(batch.source.sequenceNumber(index))) continue
    batch.failedAt = Math.min(index, batch.failedAt ?? index)
    batch.failure = error
    return
  }
}
