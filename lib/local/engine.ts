import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../core/errors.ts'
import type { SourceNode } from '../core/graph.ts'
import type { Pipeline } from '../core/pipeline.ts'
import type { Clock } from '../time/clock.ts'
import { EventSourceMapping } from './event-source-mapping.ts'
import type { LocalFunction } from './functions.ts'
import { LocalDeadLetters } from './local-dead-letters.ts'
import { LocalPipelines } from './pipelines.ts'
import type { Sandbox } from './sandbox.ts'
import { scheduledEvent } from './scheduled-event.ts'
import type { LocalStreams } from './streams.ts'
import { LocalTotals } from './task-totals.ts'

/** Retries of a batch by a function without state; one with state is retried for ever (protocol R17). */
const STATELESS_RETRIES = 10

/** The watermark of the end of a finite stream. */
const END_OF_TIME = Number.MAX_SAFE_INTEGER

export interface EngineSettings {
  readonly database: DatabaseSync
  readonly streams: LocalStreams
  readonly functions: readonly LocalFunction[]
  /** Makes the sandbox that a function runs in. */
  readonly sandbox: (each: LocalFunction) => Sandbox
  readonly clock: Clock
  /**
   * Time between ticks, ms: windows then close when no records come. Only for streams whose records arrive by
   * the clock, which one that is filled from a file is not.
   * @default no ticks
   */
  readonly tickInterval?: number
}

interface Running {
  readonly stream: string
  readonly sandbox: Sandbox
  readonly mapping: EventSourceMapping
}

/** Functions, triggered by local streams, in one process: what `cdk deploy` makes of them, in small. */
export class LocalEngine {
  readonly #settings: EngineSettings
  readonly #running: readonly Running[]
  #stopping = new AbortController()
  #ticking: Promise<void> | undefined

  constructor(settings: EngineSettings) {
    this.#settings = settings
    const pipelines = new LocalPipelines(settings.database)
    for (const { handler } of settings.functions) pipelines.save(handler.pipeline)
    this.#running = settings.functions.flatMap((each) => this.#map(each))
  }

  start(): void {
    for (const { mapping } of this.#running) mapping.start()
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
      this.#running.map(async ({ mapping, sandbox, stream }) => {
        await mapping.drained()
        for (const { shardId } of this.#settings.streams.describe(stream).shards) {
          await sandbox.invoke({ millrace: { stream, shardId, watermark: END_OF_TIME } })
        }
      }),
    )
  }

  /** Stops after the batches in flight. */
  async stop(): Promise<void> {
    this.#stopping.abort()
    await Promise.all([this.#ticking, ...this.#running.map(({ mapping }) => mapping.stop())])
    this.#ticking = undefined
    await Promise.all([...this.#sandboxes].map((sandbox) => sandbox.stop()))
  }

  get #sandboxes(): ReadonlySet<Sandbox> {
    return new Set(this.#running.map(({ sandbox }) => sandbox))
  }

  async #tick(interval: number, signal: AbortSignal): Promise<void> {
    const { clock } = this.#settings
    for (;;) {
      await clock.sleep(interval, signal)
      if (signal.aborted) return
      const event = scheduledEvent(clock.now())
      await Promise.all(
        [...this.#sandboxes].map((sandbox) =>
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
    const lags = new Map<Sandbox, number>()
    for (const { sandbox, mapping } of this.#running) {
      lags.set(sandbox, (lags.get(sandbox) ?? 0) + mapping.lag())
    }
    return Math.max(0, ...lags.values())
  }

  /** One mapping for each stream that the function reads. */
  #map(each: LocalFunction): Running[] {
    refuseMoreShards(each.handler.pipeline, this.#settings.streams)
    const sandbox = this.#settings.sandbox(each)
    return each.handler.pipeline.sources.map((source) => ({
      stream: source.stream,
      sandbox,
      mapping: this.#mapping(each, source, sandbox),
    }))
  }

  #mapping(each: LocalFunction, source: SourceNode, sandbox: Sandbox): EventSourceMapping {
    const { database, streams, clock } = this.#settings
    const { name, operators } = each.handler.pipeline
    const deadLetters = new LocalDeadLetters(database)
    const totals = new LocalTotals(database)
    const stateful = operators.some(({ signature }) => signature !== undefined)
    return new EventSourceMapping({
      functionName: name,
      stream: source.stream,
      streams,
      database,
      clock,
      invoke: (event) => sandbox.invoke(event),
      onFailure: (batch) => deadLetters.giveUp(name, batch),
      onCheckpoint: (shardId) => totals.settle(name, source.stream, shardId),
      options: {
        batchSize: source.batch.size,
        batchingInterval: source.batch.interval,
        bisectBatchOnError: true,
        retryAttempts: stateful ? -1 : STATELESS_RETRIES,
      },
    })
  }
}

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
