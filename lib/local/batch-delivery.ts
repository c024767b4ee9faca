import type { KinesisStreamEvent } from 'aws-lambda'
import { ConfigurationError } from '../core/errors.ts'
import type { Clock } from '../time/clock.ts'
import { Backoff } from './backoff.ts'
import type { BatchReport } from './batch-report.ts'
import { judgeResponse } from './batch-response.ts'
import { type FailedBatch, type FailureCondition, failedBatch } from './failed-batch.ts'
import type { EventBuilder } from './kinesis-event.ts'
import type { MappingOptions } from './mapping-options.ts'
import type { StoredRecord } from './shard-reader.ts'

/** What the deliveries of one shard work with. */
export interface DeliveryContext {
  readonly functionName: string
  readonly stream: string
  readonly shardId: string
  readonly builder: EventBuilder
  readonly clock: Clock
  readonly options: Required<MappingOptions>
  /** Aborted by `stop`: the invocation in flight ends, no other begins. */
  readonly signal: AbortSignal
  readonly invoke: (event: KinesisStreamEvent) => Promise<unknown>
  readonly onFailure: (failed: FailedBatch) => unknown
  readonly onBatch?: (report: BatchReport) => void
  /** Stores that all records up to this index are done. */
  readonly checkpoint: (index: number) => void
}

/** Records that are delivered together: a batch, or what bisecting or a partial response left of it. */
interface Piece {
  readonly records: readonly StoredRecord[]
  /** Retries used up by its first record. */
  readonly retries: number
  /** Invocations that its records were in. */
  readonly invocations: number
  readonly unhandled: boolean
}

/** Delivers the batches of one shard one after the other, each until all its records are done or given up. */
export class BatchDelivery {
  readonly #context: DeliveryContext
  readonly #backoff: Backoff

  constructor(context: DeliveryContext) {
    this.#context = context
    this.#backoff = new Backoff(context.clock, context.signal)
  }

  /** Delivers a batch. When stopped in between, the rest keeps its place behind the checkpoint. */
  async deliver(records: readonly StoredRecord[]): Promise<void> {
    const pieces: Piece[] = [{ records, retries: 0, invocations: 0, unhandled: false }]
    this.#backoff.reset()
    for (let piece = pieces.shift(); piece !== undefined; piece = pieces.shift()) {
      const run = this.#sameAge(piece.records)
      if (run.count < piece.records.length) {
        pieces.unshift({ ...piece, records: piece.records.slice(run.count) })
        piece = { ...piece, records: piece.records.slice(0, run.count) }
      }
      if (run.expired) await this.#giveUp(piece, 'RecordAgeExceeded')
      else pieces.unshift(...(await this.#attempt(piece)))
      if (this.#context.signal.aborted) return
    }
  }

  /** Hands a record to the destination that no event can hold. */
  async refuse(records: readonly StoredRecord[]): Promise<void> {
    await this.#giveUp({ records, retries: 0, invocations: 0, unhandled: false }, 'PayloadTooLarge')
  }

  /** Invokes the function with the piece. @returns what has to be delivered (again), after the back-off */
  async #attempt(piece: Piece): Promise<Piece[]> {
    const { options, checkpoint } = this.#context
    const { failedAt, error } = await this.#invoke(piece)
    const last = piece.records[failedAt - 1]
    if (last !== undefined) {
      checkpoint(last.index)
      this.#backoff.reset()
    }
    if (failedAt === piece.records.length) return []

    const rest: Piece = {
      records: piece.records.slice(failedAt),
      // The first record of the rest has been delivered once, which is no retry.
      retries: failedAt > 0 ? 0 : piece.retries,
      invocations: piece.invocations + 1,
      unhandled: error !== undefined,
    }
    const next = this.#cut(rest, failedAt > 0)
    const { retryAttempts } = options
    if (next === undefined && retryAttempts !== -1 && rest.retries >= retryAttempts) {
      await this.#giveUp(rest, 'RetryAttemptsExhausted')
      return []
    }
    await this.#backoff.wait()
    return next ?? [{ ...rest, retries: rest.retries + 1 }]
  }

  /**
   * The pieces after a bisection, which uses up no retry: cut by the partial response already, or halved.
   * Undefined where there is nothing to cut. A response that names the first record is halved as well: it
   * cuts nothing off, and would take its neighbours along when it is given up.
   */
  #cut(rest: Piece, cutByResponse: boolean): Piece[] | undefined {
    if (!this.#context.options.bisectBatchOnError) return undefined
    if (cutByResponse) return [rest]
    if (rest.records.length < 2) return undefined
    const middle = Math.ceil(rest.records.length / 2)
    return [
      { ...rest, records: rest.records.slice(0, middle) },
      { ...rest, records: rest.records.slice(middle) },
    ]
  }

  async #invoke(piece: Piece): Promise<{ failedAt: number; error?: unknown }> {
    const { builder, clock, invoke, onBatch } = this.#context
    const started = clock.now()
    let failedAt = 0
    let error: unknown
    try {
      const response = await invoke(builder.event(piece.records))
      const result = judgeResponse(response, () => piece.records.map(builder.sequenceNumber))
      if (result.kind === 'success') failedAt = piece.records.length
      else if (result.kind === 'partial') failedAt = result.index
      else error = new ConfigurationError(result.reason, { functionName: this.#context.functionName })
    } catch (thrown) {
      error = thrown ?? new Error('The function threw nothing (undefined or null).')
    }
    onBatch?.(this.#report(piece, failedAt, clock.now() - started, error))
    return { failedAt, error }
  }

  #report(piece: Piece, done: number, duration: number, error: unknown): BatchReport {
    const { builder, functionName, stream, shardId } = this.#context
    const [first] = piece.records
    const last = piece.records.at(-1)
    return {
      functionName,
      stream,
      shardId,
      firstSequenceNumber: first ? builder.sequenceNumber(first) : '',
      lastSequenceNumber: last ? builder.sequenceNumber(last) : '',
      records: piece.records.length,
      done,
      attempt: piece.invocations + 1,
      duration,
      ...(error !== undefined && { error }),
    }
  }

  /** How many records from the first on are all too old, or all young enough. */
  #sameAge(records: readonly StoredRecord[]): { count: number; expired: boolean } {
    const { maxRecordAge } = this.#context.options
    if (maxRecordAge === -1) return { count: records.length, expired: false }
    const oldest = this.#context.clock.now() - maxRecordAge
    const expired = (records[0]?.arrival ?? 0) < oldest
    const other = records.findIndex((record) => record.arrival < oldest !== expired)
    return { count: other === -1 ? records.length : other, expired }
  }

  /** Hands records to the on-failure destination, as often as it takes, and goes on behind them. */
  async #giveUp(piece: Piece, condition: FailureCondition): Promise<void> {
    const { functionName, stream, shardId, builder, clock, signal, checkpoint, onFailure } = this.#context
    const [first, ...others] = piece.records
    if (first === undefined) return
    const { invocations, unhandled } = piece
    const records = [first, ...others] as const
    const failure = { functionName, stream, shardId, records, condition, invocations, unhandled }
    const failed = failedBatch({ ...failure, now: clock.now() }, builder)
    const backoff = new Backoff(clock, signal)
    let warned = false
    for (;;) {
      try {
        await onFailure(failed)
        break
      } catch (error) {
        // Never lost silently: without a destination that takes them the records stay where they are.
        if (!warned) {
          process.emitWarning(`The on-failure destination of ${functionName} failed, trying again: ${error}`)
        }
        warned = true
        await backoff.wait()
        if (signal.aborted) return
      }
    }
    checkpoint((others.at(-1) ?? first).index)
    this.#backoff.reset()
  }
}
