import middy, { type MiddlewareObj } from '@middy/core'
import type { Context, KinesisStreamBatchResponse, ScheduledEvent } from 'aws-lambda'
import type { Pipeline } from '../core/pipeline.ts'
import { batchSteps } from './batch-steps.ts'
import type { Environment } from './environment.ts'
import type { BatchEvent } from './middlewares/step.ts'
import { planOf } from './plan.ts'
import { Stage } from './stage.ts'
import { isSchedule, tick } from './tick.ts'

/** A Lambda handler that runs a pipeline, with middy's `use` for what concerns the batch as a whole. */
export interface StreamHandler {
  (event: BatchEvent | ScheduledEvent, context: Context): Promise<KinesisStreamBatchResponse>
  /** The pipeline as a value: read by CDK, by the local engine and by tests. */
  readonly pipeline: Pipeline
  /** Gives the handler its state store and sinks. */
  connect(environment: Environment): void
  /** Adds middy middlewares around the whole batch: they see the event first and the response last. */
  use<Event, Result>(
    middlewares: MiddlewareObj<Event, Result> | MiddlewareObj<Event, Result>[],
  ): StreamHandler
}

/**
 * The handler of a pipeline, for a function with a Kinesis trigger that reports batch item failures, and with
 * an EventBridge schedule of one minute, by which windows close when no records come. Nothing is connected
 * until the first batch.
 * @throws ConfigurationError for a pipeline that cannot be compiled
 */
export function lambda(pipeline: Pipeline): StreamHandler {
  const stage = new Stage(planOf(pipeline))
  const steps = batchSteps(stage)
  const handler = middy((event: BatchEvent | ScheduledEvent, context: Context) =>
    isSchedule(event) ? tick(stage, steps, context) : steps(event, context),
  )
  return Object.assign(handler, {
    pipeline,
    connect: (environment: Environment) => stage.connect(environment),
  }) as unknown as StreamHandler
}
