import { RetryableError } from '../../core/errors.ts'
import { commit } from '../commit.ts'
import { load } from '../load.ts'
import { run } from '../run.ts'
import type { Stage } from '../stage.ts'
import { batchOf, type Step } from './step.ts'

const ATTEMPTS = 5

/**
 * Commits what the operators did. The loser of a commit forgets its memory, reloads, and runs what lies
 * above the committed position (protocol R4).
 */
export const commitStep = (stage: Stage): Step => ({
  name: 'commit',
  after: async (request) => {
    const batch = batchOf(request)
    while (!(await commit(batch, stage))) {
      batch.commitConflicts++
      batch.task.memory = undefined
      if (batch.commitConflicts === ATTEMPTS) {
        throw new RetryableError(
          `other invocations of '${batch.task.id}' committed first ${ATTEMPTS} times: is the function's parallelizationFactor 1?`,
          { task: batch.task.id },
        )
      }
      await load(stage, batch)
      await run(batch)
    }
  },
})
