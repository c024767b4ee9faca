import type { StateLog } from '../state/log.ts'
import { nextAttempt } from './attempt.ts'
import { type Batch, firstAbove } from './batch.ts'
import type { Tick } from './middlewares/step.ts'
import { NotEnded, openTask } from './open-task.ts'
import { watermarkInSilence } from './silence.ts'
import type { Stage } from './stage.ts'
import { newMemory, startAgain, type Task, type TaskMemory } from './task.ts'

/**
 * Puts the task's state into memory: what this sandbox knows if it committed the task's last version, else
 * what the log says.
 */
export async function load(stage: Stage, batch: Batch): Promise<void> {
  const { task } = batch
  // A tick must not trust memory: another sandbox may have gone on meanwhile (R18).
  if (batch.tick !== undefined) task.memory = undefined
  if (task.memory === undefined) {
    task.memory = await open(stage, batch)
    if (task.memory === undefined) return
    if (task.log !== undefined && batch.tick === undefined) await beginAttempt(batch, task.log, task.memory)
  }
  if (task.log === undefined) startAgain(task.memory)
  batch.memory = task.memory
  // Who commits over outputs says that they are delivered, and nobody knows that yet.
  if (batch.memory.underWay) task.memory = undefined
  if (batch.tick !== undefined) batch.watermark = await watermarkOf(batch.tick, stage, task, batch.memory)
}

/** What a tick moves the watermark to. Behind an exchange only frames do that (R25). */
async function watermarkOf(
  tick: Tick,
  stage: Stage,
  task: Task,
  { graph, progress, underWay, sealed }: TaskMemory,
): Promise<number | undefined> {
  if (sealed) {
    // Nothing will be committed any more: the next ticks need not load it.
    if (!underWay) await task.log?.markIdle()
    return undefined
  }
  if ('watermark' in tick) return 'range' in task.input ? undefined : tick.watermark
  if (underWay) return undefined
  if (!graph.waitsForTime && !tick.awaited) {
    await task.log?.markIdle()
    return undefined
  }
  if ('range' in task.input) return undefined
  const { shardAccess, environment } = stage
  return watermarkInSilence(task.input.node, task.shardId, progress, shardAccess, environment.clock)
}

/** Undefined for a tick that comes too early: it finds nothing to do. */
async function open(stage: Stage, batch: Batch): Promise<TaskMemory | undefined> {
  const { task } = batch
  try {
    return await openTask(stage, task, batch.tick)
  } catch (error) {
    if (!(error instanceof NotEnded)) throw error
    batch.memory = { ...newMemory(stage.plan, task, stage.environment), sealed: true }
    return
  }
}

/** A kill leaves no memory: only an invocation that had to load can tell, or must tell, of one (R17). */
async function beginAttempt(batch: Batch, log: StateLog, { progress }: TaskMemory): Promise<void> {
  const { sequenceNumber } = progress
  const records = batch.source.length - firstAbove(batch.source, sequenceNumber)
  if (records === 0) return
  // An invocation that loads twice, having lost a commit, does not count itself as killed.
  const own = batch.attempt?.sequenceNumber === sequenceNumber
  batch.attempt = own ? batch.attempt : nextAttempt(log.attempt, sequenceNumber, records)
  if (!own && batch.attempt !== undefined) await log.noteAttempt(batch.attempt)
}
