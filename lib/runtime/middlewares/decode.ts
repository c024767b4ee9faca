import type { Context } from 'aws-lambda'
import { KinesisBatch } from '../../connectors/kinesis/batch.ts'
import type { SourceBatch } from '../../core/source-batch.ts'
import type { Stage } from '../stage.ts'
import { isTick, type Step, type TickEvent } from './step.ts'

/**
 * Reads from the event which task it is for. Records are decoded one by one, when their turn comes: one
 * that cannot be becomes a dead letter, never a failed batch.
 */
export const decode = (stage: Stage): Step => ({
  name: 'decode',
  before: async (request) => {
    await stage.connected()
    const { event } = request
    const tick = isTick(event) ? event.millrace : undefined
    const source = isTick(event) ? noRecords(event) : new KinesisBatch(event)
    await stage.openWriters()
    request.internal.batch = {
      started: performance.now(),
      deadline: stage.environment.clock.now() + remainingTime(request.context),
      task: await stage.task(
        tick === undefined ? stage.written(source.stream) : source.stream,
        source.shardId,
      ),
      source,
      tick,
      watermark: undefined,
      memory: undefined,
      failedAt: undefined,
      failure: undefined,
      attempt: undefined,
      redelivered: 0,
      deadLetters: 0,
      commitConflicts: 0,
    }
  },
})

/** Lambda's longest timeout. */
const LONGEST_INVOCATION_MS = 900_000

/** A context without a clock, as tests and other callers give it, is as good as an invocation just begun. */
export const remainingTime = (context: Partial<Context>): number =>
  context.getRemainingTimeInMillis?.() ?? LONGEST_INVOCATION_MS

const none = (): never => {
  throw new RangeError('a tick has no records')
}

const noRecords = ({ millrace: { stream, shardId } }: TickEvent): SourceBatch => ({
  stream,
  shardId,
  length: 0,
  sequenceNumber: none,
  partitionKey: none,
  arrival: none,
  bytes: none,
  base64: none,
})
