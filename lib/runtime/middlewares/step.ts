import type { MiddlewareObj, Request } from '@middy/core'
import type { Context, KinesisStreamBatchResponse, KinesisStreamEvent } from 'aws-lambda'
import type { Batch } from '../batch.ts'

/**
 * A tick of one task in place of records: time goes on without them. The handler tells it from a batch by the
 * event's shape.
 */
export interface TickEvent {
  readonly millrace: {
    readonly stream: string
    readonly shardId: string
  } & Tick
}

export type Tick =
  /** time is known: the end of a finite stream has the watermark 2^53 - 1, epoch ms */
  | { readonly watermark: number }
  /** only if the shard is silent */
  | {
      /** the function's, ms: so long another invocation may be at work */
      readonly timeout: number
      /** whether something waits for time in stages that get it from this one */
      readonly awaited: boolean
    }

export type BatchEvent = KinesisStreamEvent | TickEvent

export const isTick = (event: BatchEvent): event is TickEvent => 'millrace' in event

type Internal = { batch?: Batch }

export type Step = MiddlewareObj<BatchEvent, KinesisStreamBatchResponse, Error, Context, Internal>

export type StepRequest = Request<BatchEvent, KinesisStreamBatchResponse, Error, Context, Internal>

/** The batch in hand, once the decode step has run. */
export function batchOf(request: StepRequest): Batch {
  const { batch } = request.internal
  if (batch === undefined) throw new Error('a batch step ran before the decode step')
  return batch
}
