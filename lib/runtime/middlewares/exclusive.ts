import type { Batch } from '../batch.ts'
import type { Stage } from '../stage.ts'
import { batchOf, type Step, type StepRequest } from './step.ts'

/**
 * One invocation at a time per task in a process: some Lambda environments run several at once (protocol
 * R9). One that ends in an error leaves no memory behind: it may not be what the log says; and all that end
 * leave no more of it than the budget allows.
 */
export const exclusive = (stage: Stage): Step => {
  const leave = new WeakMap<StepRequest, () => void>()
  return {
    name: 'exclusive',
    before: async (request) => {
      leave.set(request, await batchOf(request).task.enter())
    },
    after: async (request) => {
      await endAttempt(batchOf(request))
      leave.get(request)?.()
      stage.trim()
    },
    onError: async (request) => {
      const { batch } = request.internal
      if (batch === undefined) return
      if (batch.task.log !== undefined) batch.task.memory = undefined
      await endAttempt(batch)
      leave.get(request)?.()
    },
  }
}

/** It came to an end by itself, so no record has killed it (R17). */
async function endAttempt({ task, attempt }: Batch): Promise<void> {
  if (task.log === undefined || attempt === undefined) return
  // What the batch has done is done: if this fails, the next load at the same position counts one too many.
  await task.log.noteAttempt({ ...attempt, running: false }).catch(() => {})
}
