import type { Cursor } from '../core/cursor.ts'
import type { DeadLetter } from '../core/dead-letter.ts'
import { plainJson } from '../core/plain-json.ts'
import type { Rejection } from '../core/sink-writer.ts'
import type { SourceBatch } from '../core/source-batch.ts'

interface Failure {
  readonly pipeline: string
  readonly operator: string
  readonly codeVersion: string
  readonly window: readonly [start: number, end: number] | undefined
  readonly element: unknown
}

/** The dead letter of the element under the cursor: with its record as it came. */
export function deadLetterOf(
  error: unknown,
  { pipeline, operator, codeVersion, window, element }: Failure,
  cursor: Cursor,
  batch: SourceBatch | undefined,
): DeadLetter {
  const { index, sequenceNumber, subSequence, arrival, key, element: sent } = cursor
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
    data: inBatch && sent === undefined ? batch.base64(index) : '',
    ...elementOf(sent === undefined ? element : (element ?? sent.value)),
    key,
    ...(window && { window }),
    error: errorOf(error),
    codeVersion,
  }
}

/** The dead letter of an output that its sink refused: its record is not in hand any more. */
export function rejectedOutput(
  { record, error }: Rejection,
  { pipeline, operator, codeVersion }: Omit<Failure, 'window' | 'element'>,
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

const elementOf = (element: unknown) => (element === undefined ? {} : { element: asJson(element) })

/** A value that a user's code made may be of any kind: what JSON has no form for is shown as text. */
function asJson(element: unknown): unknown {
  try {
    return JSON.parse(plainJson(element) ?? 'null')
  } catch {
    return String(element)
  }
}

function errorOf(error: unknown): DeadLetter['error'] {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) }
  const { name, message, stack } = error
  return stack === undefined ? { name, message } : { name, message, stack }
}
