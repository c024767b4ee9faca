import { compareSequenceNumbers } from '../core/sequence-number.ts'
import type { SourceBatch } from '../core/source-batch.ts'
import type { Attempt } from '../state/store.ts'
import type { Tick } from './middlewares/step.ts'
import type { Task, TaskMemory } from './task.ts'

/** What one invocation has in hand; each step reads what those before it wrote. */
export interface Batch {
  /** performance.now() at its beginning */
  readonly started: number
  /** epoch ms at which the invocation is ended */
  readonly deadline: number
  readonly task: Task
  readonly source: SourceBatch
  /** undefined for a batch of records */
  readonly tick: Tick | undefined
  /** what the tick moves the watermark to, once the load step has found out; undefined if to nothing */
  watermark: number | undefined
  memory: TaskMemory | undefined
  /** place of the first record that was not done; undefined if all were */
  failedAt: number | undefined
  /** why that one was not done */
  failure: unknown
  /** set if this invocation had to load: what it may do (protocol R17) */
  attempt: Attempt | undefined
  redelivered: number
  deadLetters: number
  commitConflicts: number
}

/** Place of the first record above a position: those before it were done by an earlier batch (protocol R10). */
export function firstAbove(source: SourceBatch, position: string): number {
  let index = 0
  while (index < source.length && compareSequenceNumbers(source.sequenceNumber(index), position) <= 0) index++
  return index
}

/** The task's memory, once the load step has run. */
export function memoryOf(batch: Batch): TaskMemory {
  if (batch.memory === undefined) throw new Error('a batch step ran before the load step')
  return batch.memory
}
