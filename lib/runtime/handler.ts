import middy, { type MiddlewareObj } from '@middy/core'
import type { Context, KinesisStreamBatchResponse, ScheduledEvent } from 'aws-lambda'
import type { Pipeline } from '../core/pipeline.ts'
import { batchSteps } from './batch-steps.ts'
import type { Environment } from './environment.ts'
import type { BatchEvent } from './middlewares/step.ts'
import { plansOf } from './plan.ts'
import { Stage } from './stage.ts'
import { stageFor, stageNamed, stagesBehind } from './stage-for.ts'
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
 * Lambda ends an invocation at its deadline together with its process. An error shortly before that would save
 * the process, in which the invocation still holds its task: every later one there would wait for it in vain.
 */
const NO_EARLY_END = { timeoutEarlyInMillis: 0 }

/**
 * The handler of a pipeline, for a function with a Kinesis trigger that reports batch item failures, and with
 * an EventBridge schedule of one minute, by which windows close when no records come. Nothing is connected
 * until the first batch.
 *
 * A pipeline of several stages is one function per stage, all of
 * the same code: each runs the stage that reads the stream its records come from, or the one that the
 * environment variable `MILLRACE_STAGE` names, and no other.
 * @throws ConfigurationError for a pipeline that cannot be compiled
 */
export function lambda(pipeline: Pipeline): StreamHandler {
  const stages = plansOf(pipeline).map((plan) => new Stage(plan))
  const run = new Map(stages.map((stage) => [stage, batchSteps(stage)]))
  const handler = middy(async (event: BatchEvent | ScheduledEvent, context: Context) => {
    const { MILLRACE_STAGE } = process.env
    if (!isSchedule(event)) return run.get(stageFor(event, stages, MILLRACE_STAGE))?.(event, context)
    const ticked = MILLRACE_STAGE === undefined ? stages : [stageNamed(MILLRACE_STAGE, stages)]
    // The last one first: those before it need not go on once nothing waits behind them.
    for (const [stage, steps] of [...run].reverse()) {
      if (ticked.includes(stage)) await tick(stage, stagesBehind(stage, stages), steps, context)
    }
    return { batchItemFailures: [] }
  }, NO_EARLY_END)
  return Object.assign(handler, {
    pipeline,
    connect: (environment: Environment) => {
      for (const stage of stages) stage.connect(environment)
    },
  }) as unknown as StreamHandler
}
