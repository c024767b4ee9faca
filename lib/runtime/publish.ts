import { InvalidOutputError, RetryableError } from '../core/errors.ts'
import type { Rejection, SinkRecord } from '../core/sink-writer.ts'
import type { StoredOutbox } from '../state/entry.ts'
import { rejectedOutput } from './dead-letters.ts'
import { type EntryOrder, sinkRecords } from './outbox.ts'
import type { Stage } from './stage.ts'

/**
 * Hands an outbox to its sinks, all at a time. What a sink will never take becomes a dead letter.
 * @throws RetryableError if a sink did not take its outputs for now; others may have
 */
export async function publish(stage: Stage, outbox: StoredOutbox, entry: EntryOrder): Promise<void> {
  const bySink = [...sinkRecords(outbox, entry)]
  const results = await Promise.allSettled(bySink.map(([label, records]) => deliver(stage, label, records)))
  const undelivered = bySink.filter((_, index) => results[index]?.status === 'rejected')
  const failure = results.find((result) => result.status === 'rejected')
  if (failure === undefined) return
  const labels = undelivered.map(([label]) => label).join(', ')
  throw new UndeliveredError(
    labels,
    undelivered.flatMap(([, records]) => records),
    failure.reason,
  )
}

/** Sinks that could not be written to for now, with all their outputs. */
export class UndeliveredError extends RetryableError {
  // Not a property that is shown: Lambda logs all that an error has.
  readonly #records: readonly SinkRecord[]

  constructor(label: string, records: readonly SinkRecord[], cause: unknown) {
    const message = cause instanceof Error ? cause.message : String(cause)
    super(`${records.length} outputs did not get through to ${label}: ${message}`, { label }, { cause })
    this.#records = records
  }

  get records(): readonly SinkRecord[] {
    return this.#records
  }
}

async function deliver(stage: Stage, label: string, records: readonly SinkRecord[]): Promise<void> {
  const writer = await stage.writer(label)
  const rejections = writer ? await writer.write(records) : records.map(unknownSink)
  if (rejections.length === 0) return
  const { deadLetters, codeVersion } = stage.environment
  const failure = { pipeline: stage.plan.pipeline.name, operator: label, codeVersion }
  await deadLetters.write(
    rejections.map((each) => {
      const { id, order } = each.record
      return { id, order, payload: rejectedOutput(each, failure) }
    }),
  )
}

/** The code was deployed anew without the sink, while an output of the old code was on its way. */
const unknownSink = (record: SinkRecord): Rejection => ({
  record,
  error: new InvalidOutputError('the pipeline does not have this sink any more'),
})
