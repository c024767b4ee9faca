import { ProcessKilledError, ShardClosedError } from '../core/errors.ts'
import type { Progress } from '../state/entry.ts'
import { NeedsCare } from '../state/keyed-state-table.ts'
import { killsItsProcess } from './attempt.ts'
import { type Batch, firstAbove, memoryOf } from './batch.ts'
import { Interruption } from './interruption.ts'
import { revivedLanes, storedLanes } from './lanes.ts'
import type { Task, TaskMemory } from './task.ts'

/** So many elements may wait for promises before the next record is taken. */
const MOST_WAITING = 1_000

const KILLED =
  'the process ended each time it took this record: look for an endless loop or for what takes all memory, then send the record again'

/**
 * Runs the operators over the records above the position, in order. Is an element's error one that a retry
 * can cure, memory goes back to the batch's start and only the records before the failing one are run, so
 * that these can be committed (protocol R16). A record that kills its process again and again is not run (R17).
 * @param end place of the record to stop before
 */
export async function run(batch: Batch, end = batch.source.length): Promise<void> {
  const memory = memoryOf(batch)
  const { progress } = memory
  const first = firstAbove(batch.source, progress.sequenceNumber)
  if (memory.sealed && first < batch.source.length) refuseSealed(batch, first)
  batch.redelivered = first
  let limit = Math.min(end, first + (batch.attempt?.limit ?? Number.POSITIVE_INFINITY))
  batch.failedAt = limit < batch.source.length ? limit : undefined
  let careful = false
  for (;;) {
    memory.graph.begin(batch.source, careful, batch.deadline)
    try {
      if (batch.tick === undefined) await runRecords(memory, batch, first, limit)
      else if (batch.watermark !== undefined) await runTick(memory, batch.watermark, batch.task)
      return
    } catch (error) {
      memory.graph.rollback(progress.watermark)
      memory.ingest.watermark = progress.watermark
      memory.progress = progress
      if (error instanceof NeedsCare && !careful) careful = true
      else if (error instanceof Interruption && error.index >= 0) {
        limit = error.index
        batch.failedAt = limit
        batch.failure = error.cause
      } else throw error
    }
  }
}

/** Lanes are forgotten once time has caught up with all of them. */
function withLanes({ lanes, ...progress }: Progress, watermark: number): Progress {
  if (lanes === undefined || storedLanes(revivedLanes(lanes), watermark) === undefined) return progress
  return { ...progress, lanes }
}

/** Its children have begun where it ended: a record that was not done by then cannot be done any more. */
function refuseSealed({ task, source }: Batch, first: number): never {
  throw new ShardClosedError(
    `record ${source.sequenceNumber(first)} of '${task.id}' came after the shards that were made of this one had begun: nothing but one event source mapping per stream may invoke the function`,
    { task: task.id, sequenceNumber: source.sequenceNumber(first) },
  )
}

async function runRecords(memory: TaskMemory, batch: Batch, first: number, end: number): Promise<void> {
  const { graph, ingest } = memory
  const { source } = batch
  for (let index = first; index < end; index++) {
    if (index === first && batch.attempt !== undefined && killsItsProcess(batch.attempt)) {
      ingest.giveUp(source, index, new ProcessKilledError(KILLED, { ...batch.attempt }))
      continue
    }
    const pending = ingest.accept(source, index)
    if (pending !== undefined) await pending
    for (const each of graph.waiting) if (each.waiting > MOST_WAITING) await each.drain(MOST_WAITING / 2)
  }
  for (const each of graph.waiting) await each.drain(0)
  if (end <= first) return
  const last = end - 1
  memory.progress = {
    ...withLanes(memory.progress, ingest.watermark),
    sequenceNumber: source.sequenceNumber(last),
    subSequence: 0,
    watermark: ingest.watermark,
    arrival: source.arrival(last),
    arrivalWatermark: ingest.watermark,
    tick: 0,
  }
}

/**
 * A tick runs as a batch without records: it moves only the watermark (R18). Behind an exchange it moves
 * nothing: there only frames tell how far time is (R25).
 */
async function runTick(memory: TaskMemory, watermark: number, { input }: Task): Promise<void> {
  const { graph, ingest, progress } = memory
  if ('range' in input || memory.sealed) return
  if (watermark === Number.NEGATIVE_INFINITY) {
    // The shard never had a record of a known time, and others should not wait for it: said once (R20).
    if (progress.tick === 0 && graph.sayIdle()) memory.progress = { ...progress, tick: 1 }
    return
  }
  if (watermark <= progress.watermark) return
  Object.assign(graph.cursor, { index: -1, sequenceNumber: progress.sequenceNumber, subSequence: 0 })
  memory.progress = { ...withLanes(progress, watermark), watermark, tick: progress.tick + 1 }
  ingest.watermark = watermark
  graph.head.advance(watermark)
  for (const each of graph.waiting) await each.drain(0)
}
