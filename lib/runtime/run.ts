import { compareSequenceNumbers } from '../core/sequence-number.ts'
import { NeedsCare } from '../state/keyed-state-table.ts'
import { type Batch, memoryOf } from './batch.ts'
import { Interruption } from './interruption.ts'
import type { TaskMemory } from './task.ts'

/** So many elements may wait for promises before the next record is taken. */
const MOST_WAITING = 1_000

/**
 * Runs the operators over the records above the position, in order. Is an element's error one that a retry
 * can cure, memory goes back to the batch's start and only the records before the failing one are run, so
 * that these can be committed (protocol R16).
 * @param end place of the record to stop before
 */
export async function run(batch: Batch, end = batch.source.length): Promise<void> {
  const memory = memoryOf(batch)
  const { progress } = memory
  const first = firstNew(batch, progress.sequenceNumber)
  batch.redelivered = first
  batch.failedAt = end < batch.source.length ? end : undefined
  let limit = end
  let careful = false
  for (;;) {
    memory.graph.begin(batch.source, careful)
    try {
      if (batch.tick === undefined) await runRecords(memory, batch, first, limit)
      else await runTick(memory, batch.tick)
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

/** Place of the first record above the position: those before it were done by an earlier batch (R10). */
function firstNew({ source }: Batch, position: string): number {
  let index = 0
  while (index < source.length && compareSequenceNumbers(source.sequenceNumber(index), position) <= 0) index++
  return index
}

async function runRecords(memory: TaskMemory, batch: Batch, first: number, end: number): Promise<void> {
  const { graph, ingest } = memory
  const { source } = batch
  for (let index = first; index < end; index++) {
    const pending = ingest.accept(source, index)
    if (pending !== undefined) await pending
    for (const each of graph.waiting) if (each.waiting > MOST_WAITING) await each.drain(MOST_WAITING / 2)
  }
  for (const each of graph.waiting) await each.drain(0)
  if (end <= first) return
  const last = end - 1
  memory.progress = {
    ...memory.progress,
    sequenceNumber: source.sequenceNumber(last),
    subSequence: 0,
    watermark: ingest.watermark,
    arrival: source.arrival(last),
    arrivalWatermark: ingest.watermark,
    tick: 0,
  }
}

/** A tick runs as a batch without records: it moves only the watermark (R18). */
async function runTick(memory: TaskMemory, watermark: number): Promise<void> {
  const { graph, ingest, progress } = memory
  if (watermark <= progress.watermark) return
  Object.assign(graph.cursor, { index: -1, sequenceNumber: progress.sequenceNumber, subSequence: 0 })
  memory.progress = { ...progress, watermark, tick: progress.tick + 1 }
  ingest.watermark = watermark
  graph.head.advance(watermark)
  for (const each of graph.waiting) await each.drain(0)
}
