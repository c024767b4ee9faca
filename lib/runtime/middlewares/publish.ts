import { type Batch, memoryOf } from '../batch.ts'
import { publish, UndeliveredError } from '../publish.ts'
import { run } from '../run.ts'
import type { Stage } from '../stage.ts'
import { START, startAgain } from '../task.ts'
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
    const { id, generation, log } = batch.task
    const { epoch, tick } = progress
    try {
      await publish(stage, graph.outbox.stored(), { task: id, generation, epoch, tick })
    } catch (error) {
      if (log !== undefined || !(error instanceof UndeliveredError)) throw error
      await stopBefore(batch, error)
    }
    batch.deadLetters = graph.outbox.deadLetters
    graph.outbox.clear()
  },
})

/** Without state a run can be repeated: what counts is what lies before the first undelivered output. */
async function stopBefore(batch: Batch, error: UndeliveredError): Promise<void> {
  const { source } = batch
  const undelivered = new Set(error.records.map(({ order }) => order.sequenceNumber))
  let index = 0
  while (index < source.length && !undelivered.has(source.sequenceNumber(index))) index++
  const memory = memoryOf(batch)
  memory.graph.rollback(START.watermark)
  startAgain(memory)
  await run(batch, index)
  batch.failure = error
}
