import { randomUUID } from 'node:crypto'
import { ConfigurationError } from '../core/errors.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import { StateLog } from '../state/log.ts'
import type { PipelineMeta } from '../state/store.ts'
import type { Environment } from './environment.ts'
import { openMeta } from './meta.ts'
import { DEAD_LETTERS } from './outbox.ts'
import type { Plan } from './plan.ts'
import { Task } from './task.ts'

/** A pipeline in one sandbox: its plan, what it is connected to, and the tasks that came by. */
export class Stage {
  readonly plan: Plan
  #environment: Environment | undefined
  #meta: Promise<PipelineMeta> | undefined
  readonly #tasks = new Map<string, Task>()
  readonly #writers = new Map<string, SinkWriter>()

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
    this.#writers.clear()
  }

  /** The task of a shard. @throws StateMismatchError if the stored state is of another shape of the pipeline */
  async task(stream: string, shardId: string): Promise<Task> {
    const known = this.#tasks.get(`${stream}/${shardId}`)
    if (known !== undefined) return known
    const task = await this.#newTask(stream, shardId)
    // Another invocation may have made it meanwhile: there is one per process.
    const other = this.#tasks.get(`${stream}/${shardId}`)
    if (other !== undefined) return other
    this.#tasks.set(`${stream}/${shardId}`, task)
    return task
  }

  /** The writer of a sink, by label; undefined for one that the pipeline does not have any more. */
  writer(label: string): SinkWriter | undefined {
    const known = this.#writers.get(label)
    if (known !== undefined) return known
    const sink = this.plan.sinks.find((each) => each.label === label)
    const { deadLetters } = this.environment
    const writer = label === DEAD_LETTERS ? deadLetters : sink && this.environment.openSink(sink.node.target)
    if (writer !== undefined) this.#writers.set(label, writer)
    return writer
  }

  async #newTask(stream: string, shardId: string): Promise<Task> {
    const { pipeline, stage, signatures } = this.plan
    if (stage === undefined) return new Task(`${pipeline.name}/${stream}/${shardId}`, 0, undefined)
    const { store, blobs, clock, nonce = randomUUID } = this.environment
    this.#meta ??= openMeta(store, pipeline.name, signatures, clock.now())
    const { generation, ringSize } = await this.#meta.catch((error: unknown) => {
      this.#meta = undefined
      throw error
    })
    const id = `${pipeline.name}/${stage}/g${generation}m${ringSize}/${stream}/${shardId}`
    return new Task(id, generation, new StateLog({ store, blobs, task: id, ringSize, nonce }))
  }
}
