import { plainJson } from './plain-json.ts'

/** What could not be processed, with all that is needed to understand it and to send it again. */
export interface DeadLetter {
  readonly pipeline: string
  /** the operator that failed: its name, or what it does */
  readonly operator: string
  readonly stream: string
  readonly shardId: string
  readonly sequenceNumber: string
  readonly subSequence: number
  readonly partitionKey: string
  /** epoch ms */
  readonly arrival: number
  /** the record's original bytes, base64; '' where no record was in hand */
  readonly data: string
  /**
   * what the operator was given, as JSON has it; absent where a record could not be decoded, or a window fired.
   * Behind an exchange, the element that came through it stands in place of `data`
   */
  readonly element?: unknown
  /** key of the element, where the operator is keyed */
  readonly key: string
  /** the window in hand, if any: [start, end) in epoch ms */
  readonly window?: readonly [start: number, end: number]
  /** the output that its sink refused, where a sink failed */
  readonly output?: unknown
  readonly error: { readonly name: string; readonly message: string; readonly stack?: string }
  /** version of the function's code */
  readonly codeVersion: string
}

/** A dead letter as one line of JSON. @param id the output's: the same however often it is delivered */
export const deadLetterLine = (id: string, letter: DeadLetter): string => plainJson({ id, ...letter })
