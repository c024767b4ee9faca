import type { LogEntry } from '../state/entry.ts'
import type { StateLog } from '../state/log.ts'
import { nextAttempt } from './attempt.ts'
import { type Batch, firstAbove } from './batch.ts'
import type { Tick } from './middlewares/step.ts'
import { publish } from './publish.ts'
import { watermarkInSilence } from './silence.ts'
import type { Stage } from './stage.ts'
import { newMemory, startAgain, type TaskMemory } from './task.ts'

/**
 * Puts the task's state into memory: what this sandbox knows if it committed the task's last version, else
 * what the log says. The head's outbox is then delivered again, unless it is known to be delivered (R7).
 */
export async function load(stage: Stage, batch: Batch): Promise<void> {
  const { task } = batch
  // A tick must not trust memory: another sandbox may have gone on meanwhile (R18).
  if (batch.tick !== undefined) task.memory = undefined
  if (task.memory === undefined) {
    task.memory = await fromLog(stage, batch)
    if (task.log !== undefined && batch.tick === undefined) await beginAttempt(batch, task.log, task.memory)
  }
  if (task.log === undefined) startAgain(task.memory)
  batch.memory = task.memory
  // Who commits over outputs says that they are delivered, and nobody knows that yet.
  if (batch.tooEarly) task.memory = undefined
  if (batch.tick !== undefined) batch.watermark = await watermarkOf(batch.tick, stage, batch, batch.memory)
}

/** What a tick moves the watermark to. */
async function watermarkOf(
  tick: Tick,
  stage: Stage,
  { source, task, tooEarly }: Batch,
  { graph, progress }: TaskMemory,
): Promise<number | undefined> {
  if ('watermark' in tick) return tick.watermark
  if (tooEarly) return undefined
  if (!graph.waitsForTime) {
    await task.log?.markIdle()
    return undefined
  }
  return watermarkInSilence(task.source, source.shardId, progress, stage.shardAccess, stage.environment.clock)
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

async function fromLog(stage: Stage, batch: Batch): Promise<NonNullable<Batch['memory']>> {
  const { task } = batch
  const memory = newMemory(stage.plan, task.source, stage.environment)
  const loaded = await task.log?.load()
  if (task.log === undefined || loaded === undefined) return memory
  const { entry, outbox, delivered, snapshot, changes } = loaded
  for (const state of snapshot) memory.graph.revive(state)
  memory.graph.snapshotTaken()
  for (const state of changes) memory.graph.revive(state)
  memory.graph.restore(entry.counters, entry.watermark)
  memory.ingest.watermark = entry.watermark
  const { epoch, sequenceNumber, subSequence, watermark, arrival, arrivalWatermark, tick } = entry
  memory.progress = { epoch, sequenceNumber, subSequence, watermark, arrival, arrivalWatermark, tick }
  memory.committed = memory.progress
  if (!delivered && outbox.records.length > 0) {
    batch.tooEarly = mayBeUnderWay(entry, batch.tick, stage)
    if (batch.tooEarly) return memory
    await publish(stage, outbox, { task: task.id, generation: task.generation, epoch, tick })
    await task.log.markDelivered()
  }
  return memory
}

/** Whether the invocation that committed an entry may still be at work: a tick leaves its outputs to it (R21). */
const mayBeUnderWay = ({ committedAt }: LogEntry, tick: Tick | undefined, { environment }: Stage): boolean =>
  tick !== undefined && 'timeout' in tick && environment.clock.now() - committedAt < tick.timeout
