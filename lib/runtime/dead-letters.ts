import type { Cursor } from '../core/cursor.ts'
import type { DeadLetter } from '../core/dead-letter.ts'
import type { Rejection } from '../core/sink-writer.ts'
import type { SourceBatch } from '../core/source-batch.ts'

interface Failure {
  readonly pipeline: string
  readonly operator: string
  readonly codeVersion: string
  readonly window: readonly [start: number, end: number] | undefined
}

/** The dead letter of the element under the cursor: with its record as it came. */
export function deadLetterOf(
  error: unknown,
  { pipeline, operator, codeVersion, window }: Failure,
  cursor: Cursor,
  batch: SourceBatch | undefined,
): DeadLetter {
  const { index, sequenceNumber, subSequence, arrival, key, element } = cursor
  const inBatch = batch !== undefined && index >= 0
  return {
    pipeline,
    operator,
    stream: batch?.stream ?? '',
    shardId: batch?.shardId ?? '',
    sequenceNumber,
    subSequence,
    partitionKey: inBatch ? batch.partitionKey(index) : '',
    arrival,
    // A frame holds many elements: only the one that failed is of interest.
    data: inBatch && element === undefined ? batch.base64(index) : '',
    ...(element?.value !== undefined && { element: element.value }),
    key,
    ...(window && { window }),
    error: errorOf(error),
    codeVersion,
  }
}

/** The dead letter of an output that its sink refused: its record is not in hand any more. */
export function rejectedOutput(
  { record, error }: Rejection,
  { pipeline, operator, codeVersion }: Omit<Failure, 'window'>,
): DeadLetter {
  const { sequenceNumber, subSequence } = record.order
  return {
    pipeline,
    operator,
    stream: '',
    shardId: '',
    sequenceNumber,
    subSequence,
    partitionKey: '',
    arrival: 0,
    data: '',
    key: '',
    output: record.payload,
    error: errorOf(error),
    codeVersion,
  }
}

function errorOf(error: unknown): DeadLetter['error'] {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) }
  const { name, message, stack } = error
  return stack === undefined ? { name, message } : { name, message, stack }
}
