import type { Context, KinesisStreamBatchResponse, ScheduledEvent } from 'aws-lambda'
import { RetryableError } from '../core/errors.ts'
import { inParallel } from '../core/in-parallel.ts'
import { remainingTime } from './middlewares/decode.ts'
import type { TickEvent } from './middlewares/step.ts'
import type { Stage } from './stage.ts'

/** So many tasks are ticked at a time: most take two reads. */
const PARALLEL_TASKS = 16

/** What EventBridge sends on a schedule, whether by a rule or by its scheduler. */
export const isSchedule = (event: object): event is ScheduledEvent =>
  'detail-type' in event && event['detail-type'] === 'Scheduled Event'

/**
 * Lets time go on in every task of a stage whose shard is silent. A task in which nothing waits for time is
 * told by two items of its log; each of the others takes the way of a batch, without records (protocol R18 to
 * R21). One that fails keeps no other back: the next tick comes to it again.
 * @param behind the stages that hear of time from this one
 * @param run the way of a batch
 * @throws RetryableError if a task failed, once all others are done
 */
export async function tick(
  stage: Stage,
  behind: readonly Stage[],
  run: (event: TickEvent, context: Context) => Promise<unknown>,
  context: Context,
): Promise<KinesisStreamBatchResponse> {
  // A tick may be the first that a sandbox gets, and no batch comes to it for the stages behind.
  await Promise.all([stage, ...behind].map((each) => each.connected()))
  const timeout = remainingTime(context)
  const awaited = !(await areIdle(behind))
  const tasks = (await stage.shards()).map(({ stream, shardId }) => ({ stream, shardId, timeout, awaited }))
  const failures: { readonly shardId: string; readonly error: unknown }[] = []
  await inParallel(tasks, PARALLEL_TASKS, async (millrace) => {
    try {
      const task = await stage.task(millrace.stream, millrace.shardId)
      if (awaited || !(await task.log?.isIdle())) await run({ millrace }, context)
    } catch (error) {
      failures.push({ shardId: millrace.shardId, error })
    }
  })
  const [first] = failures
  if (first === undefined) return { batchItemFailures: [] }
  throw new RetryableError(
    `the tick of ${failures.length} of ${tasks.length} tasks of pipeline '${stage.plan.pipeline.name}' failed: ${String(first.error)}`,
    { shards: failures.map(({ shardId }) => shardId) },
    { cause: first.error },
  )
}

/**
 * Whether nothing waits for time in the stages behind an exchange, told by two items of each task. What is on its
 * way to them is seen by a later tick.
 */
async function areIdle(stages: readonly Stage[]): Promise<boolean> {
  for (const stage of stages) {
    for (const { stream, shardId, open } of await stage.shards()) {
      if (open && !(await (await stage.task(stream, shardId)).log?.isIdle())) return false
    }
  }
  return true
}
