import { randomUUID } from 'node:crypto'
import { ConfigurationError, InvalidRecordError, RetryableError } from '../core/errors.ts'
import type { SourceNode } from '../core/graph.ts'
import type { HashRange, Shard, ShardAccess, ShardLook } from '../core/shards.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import { StateLog } from '../state/log.ts'
import type { PipelineMeta } from '../state/store.ts'
import type { Environment } from './environment.ts'
import type { ExchangeInput } from './exchange-intake.ts'
import { ExchangeWriter } from './exchange-writer.ts'
import type { Exchange } from './exchanges.ts'
import { openMeta, rostersOf } from './meta.ts'
import { DEAD_LETTERS } from './outbox.ts'
import { hasEffects, type Plan } from './plan.ts'
import { ShardList } from './shard-list.ts'
import { type SourceInput, Task, type TaskMemory } from './task.ts'

const MEBIBYTE = 1_048_576
const FUNCTION_MEMORY = Number(process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE ?? 1_024)
/** The other half is for code, the batch in hand and what is on its way. */
const DEFAULT_BUDGET = (FUNCTION_MEMORY / 2) * MEBIBYTE

/** A stage of a pipeline in one sandbox: its plan, what it is connected to, and the tasks that came by. */
export class Stage {
  readonly plan: Plan
  #environment: Environment | undefined
  #meta: Promise<PipelineMeta> | undefined
  /** the one used longest ago first */
  readonly #tasks = new Map<string, Task>()
  readonly #shardLists = new Map<string, ShardList>()
  readonly #exchanges = new Map<Exchange, ExchangeWriter>()
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

  /**
   * Connects the stage to what the function's environment variables name, in Lambda, if nobody has connected it.
   * @throws ConfigurationError for variables that are missing
   */
  async connected(): Promise<void> {
    if (this.#environment !== undefined || process.env.AWS_LAMBDA_FUNCTION_NAME === undefined) return
    const { awsEnvironment } = await import('./aws-environment.ts')
    const { pipeline, stage } = this.plan
    const found = await awsEnvironment(pipeline.name, stage !== undefined || hasEffects(pipeline))
    // Another invocation in this process may have been faster.
    if (this.#environment === undefined) this.connect(found)
  }

  /** Gives the stage its stores and sinks, and forgets what it knew of others. */
  connect(environment: Environment): void {
    this.#environment = environment
    this.#meta = undefined
    this.#tasks.clear()
    this.#shardLists.clear()
    this.#exchanges.clear()
    this.#writers = undefined
  }

  /**
   * The task of a shard.
   * @throws InvalidRecordError for a stream that the stage does not read
   * @throws StateMismatchError if the stored state is of another shape of the pipeline
   * @throws ConfigurationError for a shard that the source's `shards: 1` rules out
   */
  async task(stream: string, shardId: string): Promise<Task> {
    const key = `${stream}/${shardId}`
    // Another invocation may make it at the same time: there is one per process.
    const made = this.#tasks.get(key) ?? (await this.newTask(stream, shardId))
    const task = this.#tasks.get(key) ?? made
    this.#tasks.delete(key)
    this.#tasks.set(key, task)
    return task
  }

  readonly #named = (written: string): string => this.environment.resourceName?.(written) ?? written

  /** A stream's name in the pipeline, by the one that it has. @throws InvalidRecordError for one that is not read */
  written(stream: string): string {
    const found = this.plan.streams.find((each) => this.#named(each) === stream)
    if (found === undefined) throw this.#notRead(stream)
    return found
  }

  /**
   * What the environment tells of a stream's shards.
   * @throws ConfigurationError if it tells nothing of shards
   */
  shardsOf(stream: string): ShardList {
    const known = this.#shardLists.get(stream)
    if (known !== undefined) return known
    const list = new ShardList(this.shardAccess, stream)
    this.#shardLists.set(stream, list)
    return list
  }

  /** A task's shard, and those of its parents that the stream still lists; nothing if nobody tells of shards. */
  async familyOf({ stream, shardId }: Task): Promise<{ shard: Shard | undefined; parents: Shard[] }> {
    if (this.environment.shards === undefined) return { shard: undefined, parents: [] }
    const list = this.shardsOf(stream)
    const shard = await list.find(shardId)
    const all = await list.all()
    return { shard, parents: all.filter((each) => shard?.parents.includes(each.shardId)) }
  }

  /** What is above a position in a task's shard. */
  async look({ stream, shardId }: Task, position: string): Promise<ShardLook> {
    return this.shardAccess.look(stream, shardId, position)
  }

  /** The shards of all streams that it reads: each is a task. None if it keeps nothing that waits for time. */
  async shards(): Promise<{ readonly stream: string; readonly shardId: string; readonly open: boolean }[]> {
    if (this.plan.stage === undefined) return []
    const listed = await Promise.all(
      this.plan.streams.map(async (stream) =>
        (await this.shardAccess.shards(stream)).map(({ shardId, open }) => ({ stream, shardId, open })),
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
      `the handler of pipeline '${name}' is not connected to the shards of its streams, and can neither use an exchange nor tell whether they are silent: give connect() an environment with 'shards'`,
      { pipeline: name },
    )
  }

  /** Puts what goes through exchanges into the outbox, cut for the shards that these have now (protocol R23). */
  async ship(
    { id, log }: Task,
    { graph, progress }: TaskMemory,
    children?: readonly string[],
  ): Promise<void> {
    if (log === undefined || this.plan.to.length === 0) return
    const ranges = new Map<Exchange, readonly HashRange[]>()
    for (const [exchange, writer] of this.#exchanges) ranges.set(exchange, await writer.ranges())
    graph.ship((exchange) => ({
      task: id,
      epoch: progress.epoch,
      version: log.version + 1,
      ranges: ranges.get(exchange) ?? [],
      ...(children && { children }),
    }))
  }

  /** Forgets the states used longest ago, until those that are left fit into the memory budget. */
  trim(): void {
    const { memoryBudget = DEFAULT_BUDGET } = this.environment
    let bytes = 0
    for (const { memory } of this.#tasks.values()) bytes += memory?.graph.state.bytes ?? 0
    for (const task of this.#tasks.values()) {
      if (bytes <= memoryBudget) return
      if (task.inUse || task.memory === undefined) continue
      bytes -= task.memory.graph.state.bytes
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
        writers.set(label, await environment.openSink(node.target, () => node.open(this.#named)))
      }),
    )
    for (const exchange of plan.to) {
      const { state, stream } = exchange
      const writer = new ExchangeWriter(this.shardAccess, stream, this.shardsOf(stream))
      this.#exchanges.set(exchange, writer)
      writers.set(state, writer)
    }
    await Promise.all([...writers.values()].map((writer) => writer.check?.()))
    return writers
  }

  /** The task of a shard, apart from the one that this sandbox works with. @throws as `task` */
  async newTask(stream: string, shardId: string): Promise<Task> {
    const { pipeline, stage } = this.plan
    const input = await this.#input(stream, shardId)
    const place = { stream, shardId, input }
    if (stage === undefined) {
      return new Task({ id: `${pipeline.name}/${stream}/${shardId}`, generation: 0, ...place })
    }
    const { store, blobs, nonce = randomUUID } = this.environment
    const { generation, ringSize } = await this.#openMeta()
    const id = `${await this.#tasksOf(stage)}${stream}/${shardId}`
    const log = new StateLog({ store, blobs, task: id, ringSize, nonce })
    return new Task({ id, generation, ...place, log })
  }

  async #openMeta(): Promise<PipelineMeta> {
    this.#meta ??= this.#newMeta()
    return this.#meta.catch((error: unknown) => {
      this.#meta = undefined
      throw error
    })
  }

  async #newMeta(): Promise<PipelineMeta> {
    const { store, clock } = this.environment
    const { pipeline, sourceStage, signatures, rosterStreams } = this.plan
    const rosters =
      rosterStreams.length > 0 ? await rostersOf(rosterStreams, (stream) => this.shardsOf(stream)) : undefined
    const shape = { stage: sourceStage ?? '', operators: signatures, ...(rosters && { rosters }) }
    return openMeta(store, pipeline.name, shape, clock.now())
  }

  /** What the names of a stage's tasks begin with: generation and size of the ring are a part of it (R1). */
  async #tasksOf(stage: string): Promise<string> {
    const { generation, ringSize, stage: stored } = await this.#openMeta()
    // An operator that is new may stand before the one that named the stage of the sources.
    const name = stage === this.plan.sourceStage ? (stored ?? stage) : stage
    return `${this.plan.pipeline.name}/${name}/g${generation}m${ringSize}/`
  }

  async #input(stream: string, shardId: string): Promise<SourceInput | ExchangeInput> {
    const { pipeline, sources, from } = this.plan
    if (from?.stream === stream) return this.#exchangeInput(from, shardId)
    const source = sources.find((each) => each.stream === stream)
    if (source !== undefined) {
      refuseOtherShards(pipeline.name, source, shardId)
      return { node: source }
    }
    throw this.#notRead(stream)
  }

  #notRead(stream: string): InvalidRecordError {
    const { pipeline, streams } = this.plan
    const expected = streams.map((each) => `'${this.#named(each)}'`).join(' or ')
    return new InvalidRecordError(
      `pipeline '${pipeline.name}' got records of stream '${stream}' and reads ${expected}: connect the function to what the pipeline reads`,
      { stream, expected },
    )
  }

  async #exchangeInput({ node, stream }: Exchange, shardId: string): Promise<ExchangeInput> {
    const range = await this.shardsOf(stream).find(shardId)
    if (range === undefined) {
      throw new RetryableError(`the exchange's stream '${stream}' does not list its shard '${shardId}'`, {
        stream,
        shardId,
      })
    }
    const { rosters = {} } = await this.#openMeta()
    const prefixes: string[] = []
    const roster: string[] = []
    for (const { stage, streams } of this.plan.producers) {
      const prefix = await this.#tasksOf(stage)
      prefixes.push(prefix)
      for (const each of streams) {
        for (const producer of rosters[each] ?? []) roster.push(`${prefix}${each}/${producer}`)
      }
    }
    return { node, range, prefixes, roster }
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
