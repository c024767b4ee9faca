import { randomUUID } from 'node:crypto'
import { ConfigurationError, InvalidRecordError } from '../core/errors.ts'
import type { SourceNode } from '../core/graph.ts'
import type { ShardAccess } from '../core/shards.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import { StateLog } from '../state/log.ts'
import type { PipelineMeta } from '../state/store.ts'
import type { Environment } from './environment.ts'
import { openMeta } from './meta.ts'
import { DEAD_LETTERS } from './outbox.ts'
import type { Plan } from './plan.ts'
import { Task } from './task.ts'

const MEBIBYTE = 1_048_576
const FUNCTION_MEMORY = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 1_024)
/** The other half is for code, the batch in hand and what is on its way. */
const DEFAULT_BUDGET = (FUNCTION_MEMORY / 2) * MEBIBYTE

/** A pipeline in one sandbox: its plan, what it is connected to, and the tasks that came by. */
export class Stage {
  readonly plan: Plan
  #environment: Environment | undefined
  #meta: Promise<PipelineMeta> | undefined
  /** the one used longest ago first */
  readonly #tasks = new Map<string, Task>()
  #writers: Promise<ReadonlyMap<string, SinkWriter>> | undefined

  constructor(plan: Plan) {
    this.plan = plan
  }

  get environment(): Environment {
    if (this.#environment !== undefined) return this.#environment
    const { name } = this.plan.pipeline
    throw new ConfigurationError(
      `the handler of pipeline '${name}' is not connected to a state store and sinks: call handler.connect(environment) first, or run it by 'millrace start' or drive(handler.pipeline)`,
      { pipeline: name },
    )
  }

  /** Gives the stage its stores and sinks, and forgets what it knew of others. */
  connect(environment: Environment): void {
    this.#environment = environment
    this.#meta = undefined
    this.#tasks.clear()
    this.#writers = undefined
  }

  /**
   * The task of a shard.
   * @throws InvalidRecordError for a stream that the pipeline does not read
   * @throws StateMismatchError if the stored state is of another shape of the pipeline
   * @throws ConfigurationError for a shard that the source's `shards: 1` rules out
   */
  async task(stream: string, shardId: string): Promise<Task> {
    const key = `${stream}/${shardId}`
    // Another invocation may make it at the same time: there is one per process.
    const made = this.#tasks.get(key) ?? (await this.#newTask(stream, shardId))
    const task = this.#tasks.get(key) ?? made
    this.#tasks.delete(key)
    this.#tasks.set(key, task)
    return task
  }

  /** The shards of all streams that it reads: each is a task. None if it keeps nothing that waits for time. */
  async shards(): Promise<{ readonly stream: string; readonly shardId: string }[]> {
    const { pipeline, stage } = this.plan
    if (stage === undefined) return []
    const listed = await Promise.all(
      pipeline.sources.map(async ({ stream }) =>
        (await this.shardAccess.shards(stream)).map(({ shardId }) => ({ stream, shardId })),
      ),
    )
    return listed.flat()
  }

  /** @throws ConfigurationError if the handler is not connected to its streams' shards */
  get shardAccess(): ShardAccess {
    const { shards } = this.environment
    if (shards !== undefined) return shards
    const { name } = this.plan.pipeline
    throw new ConfigurationError(
      `the handler of pipeline '${name}' is not connected to the shards of its streams, and cannot tell whether they are silent: give connect() an environment with 'shards'`,
      { pipeline: name },
    )
  }

  /** Forgets the states used longest ago, until those that are left fit into the memory budget. */
  trim(): void {
    const { memoryBudget = DEFAULT_BUDGET } = this.environment
    let bytes = 0
    for (const { memory } of this.#tasks.values()) bytes += memory?.graph.stateBytes ?? 0
    for (const task of this.#tasks.values()) {
      if (bytes <= memoryBudget) return
      if (task.inUse || task.memory === undefined) continue
      bytes -= task.memory.graph.stateBytes
      task.memory = undefined
    }
  }

  /**
   * Opens all sinks and finds out whether they can work: done before the first record is touched.
   * @throws ConfigurationError for one that cannot
   */
  async openWriters(): Promise<ReadonlyMap<string, SinkWriter>> {
    this.#writers ??= this.#openAll()
    return this.#writers.catch((error: unknown) => {
      this.#writers = undefined
      throw error
    })
  }

  /** The writer of a sink, by label; undefined for one that the pipeline does not have any more. */
  async writer(label: string): Promise<SinkWriter | undefined> {
    return (await this.openWriters()).get(label)
  }

  async #openAll(): Promise<ReadonlyMap<string, SinkWriter>> {
    const { environment, plan } = this
    const writers = new Map<string, SinkWriter>([[DEAD_LETTERS, environment.deadLetters]])
    await Promise.all(
      plan.sinks.map(async ({ label, node }) => {
        writers.set(label, await environment.openSink(node.target, node.open))
      }),
    )
    await Promise.all([...writers.values()].map((writer) => writer.check?.()))
    return writers
  }

  async #newTask(stream: string, shardId: string): Promise<Task> {
    const { pipeline, stage, signatures } = this.plan
    const source = this.#source(stream)
    refuseOtherShards(pipeline.name, source, shardId)
    if (stage === undefined) return new Task(`${pipeline.name}/${stream}/${shardId}`, 0, source, undefined)
    const { store, blobs, clock, nonce = randomUUID } = this.environment
    this.#meta ??= openMeta(store, pipeline.name, stage, signatures, clock.now())
    const meta = await this.#meta.catch((error: unknown) => {
      this.#meta = undefined
      throw error
    })
    const { generation, ringSize } = meta
    // An operator that is new may stand before the one that named the log.
    const id = `${pipeline.name}/${meta.stage ?? stage}/g${generation}m${ringSize}/${stream}/${shardId}`
    return new Task(id, generation, source, new StateLog({ store, blobs, task: id, ringSize, nonce }))
  }

  #source(stream: string): SourceNode {
    const { name, sources } = this.plan.pipeline
    const source = sources.find((each) => each.stream === stream)
    if (source !== undefined) return source
    const expected = sources.map((each) => `'${each.stream}'`).join(' or ')
    throw new InvalidRecordError(
      `pipeline '${name}' got records of stream '${stream}' and reads ${expected}: connect the function to what the pipeline reads`,
      { stream, expected },
    )
  }
}

/** The number of a stream's first shard. Others come by resharding, and know nothing of the first one's state. */
const FIRST_SHARD = 'shardId-000000000000'

function refuseOtherShards(pipeline: string, { stream, shards }: SourceNode, shardId: string): void {
  if (shards === undefined || shardId === FIRST_SHARD) return
  throw new ConfigurationError(
    `the source of pipeline '${pipeline}' declares 'shards: 1', and there are records of ${shardId} of '${stream}': that stream has, or had, more shards; read one that never had more than one, or take 'shards: 1' out`,
    { pipeline, stream, shardId },
  )
}
