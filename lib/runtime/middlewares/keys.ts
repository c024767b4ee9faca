import { ConfigurationError } from '../../core/errors.ts'
import { inputsOf, type OperatorNode } from '../../core/graph.ts'
import { hashKeyOf, isInRange } from '../../core/hash-key.ts'
import { isRetryable } from '../../core/retryable.ts'
import type { HashRange } from '../../core/shards.ts'
import type { SourceBatch } from '../../core/source-batch.ts'
import type { Plan } from '../plan.ts'
import type { Stage } from '../stage.ts'
import type { Task } from '../task.ts'
import { batchOf, type Step } from './step.ts'

/**
 * Refuses a shard whose records' partition keys belong to others, if the pipeline keys by them: `keyBy()`
 * would find the records of a key in several tasks (protocol R27). So it is where producers give an
 * ExplicitHashKey, or where the stream spreads records whatever their keys. Looked at with the first batch of
 * a task in this process, if the environment tells of shards.
 */
export const keys = (stage: Stage): Step => {
  const checked = new WeakSet<Task>()
  const matters = keysByPartitionKey(stage.plan)
  return {
    name: 'keys',
    before: async (request) => {
      const { task, source, tick } = batchOf(request)
      if (!matters || tick !== undefined || checked.has(task)) return
      const range = await rangeOf(stage, task)
      if (range === undefined) return
      refuseForeignKeys(stage.plan, source, range)
      checked.add(task)
    },
  }
}

/** Whether a stage keeps state by the partition keys of its source's records. */
const keysByPartitionKey = ({ pipeline, from }: Plan): boolean =>
  from === undefined &&
  pipeline.operators.some(
    (node) => node.signature !== undefined && node.stateScope !== 'element' && !isRekeyed(node),
  )

const isRekeyed = (node: OperatorNode): boolean =>
  node.keyOf !== undefined ||
  inputsOf(node).some(({ node: input }) => input.kind === 'operator' && isRekeyed(input))

/** Undefined if nobody tells, or not now: the next batch asks again. */
async function rangeOf(stage: Stage, task: Task): Promise<HashRange | undefined> {
  try {
    return (await stage.familyOf(task)).shard
  } catch (error) {
    if (isRetryable(error)) return undefined
    throw error
  }
}

function refuseForeignKeys({ pipeline }: Plan, source: SourceBatch, range: HashRange): void {
  const seen = new Set<string>()
  for (let index = 0; index < source.length; index++) {
    const key = source.partitionKey(index)
    if (seen.has(key)) continue
    seen.add(key)
    if (isInRange(range, hashKeyOf(key))) continue
    const { stream, shardId } = source
    throw new ConfigurationError(
      `pipeline '${pipeline.name}' has keyBy(), and ${shardId} of stream '${stream}' holds a record whose partition key '${key}' belongs to another shard: its producer gave it an explicit hash key, or the stream does not go by keys (record distribution AUTO), so that the records of a key are in several shards; use keyBy(f), which brings them together`,
      { pipeline: pipeline.name, stream, shardId, partitionKey: key },
    )
  }
}
