import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../core/errors.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { type Plan, plansOf } from '../runtime/plan.ts'
import type { Clock } from '../time/clock.ts'
import type { EventSourceMapping } from './event-source-mapping.ts'
import type { SandboxFactory } from './function-sandboxes.ts'
import type { LocalFunction } from './functions.ts'
import { LocalPipelines } from './pipelines.ts'
import type { Sandbox } from './sandbox.ts'
import { scheduledEvent } from './scheduled-event.ts'
import { functionNameOf, stageMapping } from './stage-mapping.ts'
import type { LocalStreams } from './streams.ts'

/** The watermark of the end of a finite stream. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER

/** How often to look whether a stage has caught up with those before it, ms. */
const CATCH_UP_INTERVAL = 20

export interface EngineSettings {
  readonly database: DatabaseSync
  readonly streams: LocalStreams
  readonly functions: readonly LocalFunction[]
  /** Makes the sandbox that a function runs in. */
  readonly sandbox: SandboxFactory
  readonly clock: Clock
  /**
   * Time between ticks, ms: windows then close when no records come. Only for streams whose records arrive by
   * the clock, which one that is filled from a file is not.
   * @default no ticks
   */
  readonly tickInterval?: number
}

/** A stage at work: its function, and a mapping for each stream that it reads. */
interface Running {
  readonly plan: Plan
  readonly sandbox: Sandbox
  readonly mappings: ReadonlyMap<string, EventSourceMapping>
}

/** Functions, triggered by local streams, in one process: what `cdk deploy` makes of them, in small. */
export class LocalEngine {
  readonly #settings: EngineSettings
  /** by pipeline, its stages in the order of the data */
  readonly #running: readonly (readonly Running[])[]
  #stopping = new AbortController()
  #ticking: Promise<void> | undefined

  constructor(settings: EngineSettings) {
    this.#settings = settings
    const pipelines = new LocalPipelines(settings.database)
    for (const { handler } of settings.functions) pipelines.save(handler.pipeline)
    this.#running = settings.functions.map((each) => this.#stages(each))
  }

  start(): void {
    for (const mapping of this.#mappings()) mapping.start()
    const { tickInterval } = this.#settings
    if (tickInterval === undefined || this.#ticking !== undefined) return
    this.#stopping = new AbortController()
    this.#ticking = this.#tick(tickInterval, this.#stopping.signal)
  }

  /**
   * Resolves when every stream has ended, all its records are done, and with the final watermark all windows
   * have closed.
   */
  async ended(): Promise<void> {
    await Promise.all(
      this.#running.map(async (stages) => {
        // The end comes through exchanges: behind them nobody has to be told of it.
        for (const stage of stages) {
          if (stage.plan.from === undefined) await this.#endSources(stage)
          else await this.#caughtUp(stage)
        }
      }),
    )
  }

  /** Stops after the batches in flight. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#ticking, ...this.#mappings().map((mapping) => mapping.stop())])
    this.#ticking = undefined
    await Promise.all(this.#running.flat().map(({ sandbox }) => sandbox.stop()))
  }

  async #tick(interval: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#settings
    for (;;) {
      await clock.sleep(interval, signal)
      if (signal.aborted) return
      const event = scheduledEvent(clock.now())
      await Promise.all(
        this.#running.flat().map(({ sandbox }) =>
          // The next tick does what this one could not.
          sandbox
            .invoke(event)
            .catch((error: unknown) => process.emitWarning(`a tick failed: ${String(error)}`)),
        ),
      )
    }
  }

  /** Records of all streams that some function has not done yet. */
  lag(): number {
    return Math.max(0, ...this.#running.flat().map(lagOf))
  }

  async #endSources({ mappings, sandbox }: Running): Promise<void> {
    for (const [stream, mapping] of mappings) {
      await mapping.drained()
      for (const { shardId, open } of this.#settings.streams.describe(stream).shards) {
        // The shards that a reshard closed go on in those that it made.
        if (open) await sandbox.invoke({ millrace: { stream, shardId, watermark: END_OF_TIME } })
      }
    }
  }

  /** Waits until all is done that the stages before it, which have ended, have sent. */
  async #caughtUp(stage: Running): Promise<void> {
    const failed = Promise.all([...stage.mappings.values()].map((mapping) => mapping.drained()))
    while (lagOf(stage) > 0) {
      await Promise.race([this.#settings.clock.sleep(CATCH_UP_INTERVAL), failed])
    }
  }

  #mappings(): EventSourceMapping[] {
    return this.#running.flat().flatMap(({ mappings }) => [...mappings.values()])
  }

  #stages(each: LocalFunction): Running[] {
    const { streams, sandbox: sandboxOf } = this.#settings
    refuseMoreShards(each.handler.pipeline, streams)
    const plans = plansOf(each.handler.pipeline)
    return plans.map((plan) => {
      this.#createExchanges(plan)
      const sandbox = sandboxOf(each, functionNameOf(plan), plans.length > 1 ? plan.stage : undefined)
      const mappings = plan.streams.map(
        (stream) => [stream, stageMapping(plan, stream, sandbox, this.#settings)] as const,
      )
      return { plan, sandbox, mappings: new Map(mappings) }
    })
  }

  /** An exchange begins with as many shards as feed it, and keeps those it has. */
  #createExchanges({ streams: feeding, to }: Plan): void {
    const { streams } = this.#settings
    const open = (stream: string): number =>
      streams.describe(stream).shards.filter((shard) => shard.open).length
    const shards = feeding.reduce((sum, stream) => sum + open(stream), 0)
    for (const { stream } of to) if (!streams.has(stream)) streams.create(stream, { shards })
  }
}

const lagOf = ({ mappings }: Running): number =>
  [...mappings.values()].reduce((sum, mapping) => sum + mapping.lag(), 0)

function refuseMoreShards({ name, sources }: Pipeline, streams: LocalStreams): void {
  for (const { stream, shards: declared } of sources) {
    const shards = streams.describe(stream).shards.length
    if (shards <= (declared ?? shards)) continue
    throw new ConfigurationError(
      `the source of pipeline '${name}' declares 'shards: 1', and the stream '${stream}' has ${shards} shards: start it with one`,
      { pipeline: name, stream, shards },
    )
  }
}
