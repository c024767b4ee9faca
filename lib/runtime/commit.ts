import { type Batch, memoryOf } from './batch.ts'
import type { Stage } from './stage.ts'

/**
 * Writes what the batch did into the task's log: one conditional write, and none for a batch that brought
 * nothing new.
 * @returns false if another invocation committed first: what this one knows is then old
 */
export async function commit(batch: Batch, stage: Stage): Promise<boolean> {
  const { log } = batch.task
  const memory = memoryOf(batch)
  const { graph, progress } = memory
  if (log === undefined || (progress === memory.committed && !memory.inherited)) return true
  await stage.ship(batch.task, memory)
  const draft = {
    ...progress,
    sealed: false,
    committedAt: stage.environment.clock.now(),
    counters: graph.counters(),
    outbox: graph.outbox.stored(),
    codeVersion: stage.environment.codeVersion,
  }
  if (!(await log.commit(draft, graph.state, memory.inherited))) return false
  memory.inherited = false
  memory.committed = progress
  return true
}
