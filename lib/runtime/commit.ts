import { type Batch, memoryOf } from './batch.ts'
import type { Stage } from './stage.ts'

/**
 * Writes what the batch did into the task's log: one conditional write, and none for a batch that brought
 * nothing new.
 * @returns false if another invocation committed first: what this one knows is then old
 */
export async function commit(batch: Batch, { environment }: Stage): Promise<boolean> {
  const { log } = batch.task
  const memory = memoryOf(batch)
  const { graph, progress } = memory
  if (log === undefined || progress === memory.committed) return true
  const draft = {
    ...progress,
    sealed: false,
    committedAt: environment.clock.now(),
    counters: graph.counters(),
    outbox: graph.outbox.stored(),
    codeVersion: environment.codeVersion,
  }
  if (!(await log.commit(draft, graph))) return false
  memory.committed = progress
  return true
}
