import type { DatabaseSync } from 'node:sqlite'
import type { KinesisStreamEvent } from 'aws-lambda'
import type { Clock } from '../time/clock.ts'
import type { BatchReport } from './batch-report.ts'
import { Checkpoints } from './checkpoints.ts'
import type { FailedBatch } from './failed-batch.ts'
import { eventBuilder } from './kinesis-event.ts'
import { type MappingOptions, mappingOptions } from './mapping-options.ts'
import { sequenceNumberAt, sequencePrefix, shardNumberOf } from './sequence.ts'
import { ShardPoller } from './shard-poller.ts'
import type { LocalStreams } from './streams.ts'
import { transaction } from './transaction.ts'

/** What an event source mapping connects. */
export interface MappingSettings {
  readonly functionName: string
  readonly stream: string
  readonly streams: LocalStreams
  /** Keeps the positions. */
  readonly database: DatabaseSync
  readonly clock: Clock
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>
  /** Takes the records that are given up; called again, with back-off, until it does not throw. */
  readonly onFailure: (failed: FailedBatch) => unknown
  /** Told after each invocation. */
  readonly onBatch?: (report: BatchReport) => void
  /** Told in the transaction that stores a new position: what it writes is stored with it, or not at all. */
  readonly onCheckpoint?: (shardId: string) => void
  readonly options?: MappingOptions
}

/**
 * Triggers a function by a local stream as the real service does by a Kinesis stream: per shard one batch
 * in flight, at least once and in order, the shards that a reshard closed before those that it made, from the first record on (TRIM_HORIZON) or behind the durable
 * checkpoint of the mapping, which is known by its function and its stream.
 */
export class EventSourceMapping {
  readonly #settings: MappingSettings
  readonly #options: Required<MappingOptions>
  readonly #checkpoints: Checkpoints
  readonly #drained = Promise.withResolvers<void>()
  #stopping = new AbortController()
  #running: Promise<void> | undefined

  /** @throws ConfigurationError for an option out of the limits of the real service */
  constructor(settings: MappingSettings) {
    this.#settings = settings
    this.#options = mappingOptions(settings.options)
    this.#checkpoints = new Checkpoints(settings.database, settings.functionName, settings.stream)
    // Whoever asks for `drained` or `stop` gets the error; nobody has to ask for both.
    this.#drained.promise.catch(() => {})
  }

  /** Starts polling, again after `stop` too; nothing changes when it runs already. */
  start(): void {
    if (this.#running !== undefined) return
    this.#stopping = new AbortController()
    this.#running = this.#run(this.#stopping)
    this.#running.catch(this.#drained.reject)
  }

  /** Stops polling, after the invocations in flight. @throws what made a poller fail (the database, say) */
  async stop(): Promise<void> {
    const running = this.#running
    this.#stopping.abort()
    try {
      await running
    } finally {
      if (this.#running === running) this.#running = undefined
    }
  }

  /** Resolves when the stream has ended and every record of every shard is done or given up. */
  drained(): Promise<void> {
    return this.#drained.promise
  }

  /** The sequence number of the last record of this shard that is done; undefined at TRIM_HORIZON. */
  position(shardId: string): string | undefined {
    const index = this.#checkpoints.read(shardId)
    return index < 0 ? undefined : sequenceNumberAt(sequencePrefix(shardNumberOf(shardId)), index)
  }

  /** How many records of the stream are not done yet. */
  lag(): number {
    const { shards } = this.#settings.streams.describe(this.#settings.stream)
    const behind = shards.map(({ shardId, records }) => records - 1 - this.#checkpoints.read(shardId))
    return behind.reduce((sum, records) => sum + records, 0)
  }

  /** Stops the mapping and forgets its positions: a new one of the same name starts at TRIM_HORIZON. */
  async delete(): Promise<void> {
    await this.stop()
    this.#checkpoints.clear()
  }

  async #run(stopping: AbortController): Promise<void> {
    const { stream, streams } = this.#settings
    const pollers = new Map<string, ShardPoller>()
    const done = new Set<string>()
    const wakeAll = (): void => {
      for (const poller of pollers.values()) poller.wake()
    }
    const unsubscribe = streams.onPut(stream, wakeAll)
    stopping.signal.addEventListener('abort', wakeAll)
    // A shard is read once all records of those that were split or merged into it are done.
    const readReady = async (): Promise<void> => {
      const ready = streams
        .describe(stream)
        .shards.filter(
          ({ shardId, parents }) => !pollers.has(shardId) && parents.every((each) => done.has(each)),
        )
      const added = ready.map(({ shardId }) => {
        const poller = this.#poller(shardId, stopping.signal)
        pollers.set(shardId, poller)
        return [shardId, poller] as const
      })
      const ends = await Promise.allSettled(
        added.map(async ([shardId, poller]) => {
          try {
            if ((await poller.run()) !== 'ended') return
            done.add(shardId)
            await readReady()
          } catch (error) {
            // One shard that cannot go on stops the mapping: a run that looks alive must not stand still.
            stopping.abort()
            throw error
          }
        }),
      )
      for (const end of ends) if (end.status === 'rejected') throw end.reason
    }
    try {
      await readReady()
      if (done.size === pollers.size && streams.ended(stream)) this.#drained.resolve()
    } finally {
      unsubscribe()
    }
  }

  #poller(shardId: string, signal: AbortSignal): ShardPoller {
    const { functionName, stream, streams, clock, invoke, onFailure, onBatch, onCheckpoint, database } =
      this.#settings
    return new ShardPoller(
      {
        functionName,
        stream,
        shardId,
        builder: eventBuilder(stream, shardId, shardNumberOf(shardId)),
        clock,
        options: this.#options,
        signal,
        invoke,
        onFailure,
        ...(onBatch && { onBatch }),
        checkpoint: (index) =>
          transaction(database, () => {
            this.#checkpoints.write(shardId, index)
            onCheckpoint?.(shardId)
          }),
      },
      streams,
      this.#checkpoints.read(shardId),
    )
  }
}
