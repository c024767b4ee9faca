import { compareSequenceNumbers } from '../core/sequence-number.ts'

/** What a function's answer to a batch means. */
export type BatchResult =
  | { readonly kind: 'success' }
  /** The records before `index` are done; it and all after it are delivered again. */
  | { readonly kind: 'partial'; readonly index: number }
  | { readonly kind: 'invalid'; readonly reason: string }

/**
 * Judges a function's answer as the real service does with `ReportBatchItemFailures`
 * (https://docs.aws.amazon.com/lambda/latest/dg/services-kinesis-batchfailurereporting.html): nothing, an
 * empty object and a null or empty list are success; the lowest sequence number given counts; an
 * identifier that is empty, null, unknown or under another key makes the whole batch fail.
 * @param sequenceNumbers of the records of the batch, in order; asked for only where items failed
 */
export function judgeResponse(response: unknown, sequenceNumbers: () => readonly string[]): BatchResult {
  if (response === null || response === undefined) return { kind: 'success' }
  if (typeof response !== 'object' || Array.isArray(response)) {
    return invalid(`The function answered ${show(response)}, which is not a batch response`)
  }
  const failures: unknown = 'batchItemFailures' in response ? response.batchItemFailures : undefined
  if (failures === null || failures === undefined) return { kind: 'success' }
  if (!Array.isArray(failures)) return invalid(`\`batchItemFailures\` is ${show(failures)}, which is no list`)
  if (failures.length === 0) return { kind: 'success' }

  const indexes = new Map(sequenceNumbers().map((sequenceNumber, index) => [sequenceNumber, index]))
  let lowest: string | undefined
  for (const failure of failures as readonly unknown[]) {
    const identifier =
      typeof failure === 'object' && failure !== null && 'itemIdentifier' in failure
        ? failure.itemIdentifier
        : undefined
    if (typeof identifier !== 'string' || !indexes.has(identifier)) {
      return invalid(`${show(failure)} in \`batchItemFailures\` names no record of the batch`)
    }
    if (lowest === undefined || compareSequenceNumbers(identifier, lowest) < 0) lowest = identifier
  }
  return { kind: 'partial', index: indexes.get(lowest ?? '') ?? 0 }
}

const invalid = (what: string): BatchResult => ({
  kind: 'invalid',
  reason:
    `${what}: the whole batch counts as failed. Answer nothing for success, or ` +
    '{ batchItemFailures: [{ itemIdentifier: <sequence number of the first record that failed> }] }.',
})

const show = (value: unknown): string => (JSON.stringify(value) ?? String(value)).slice(0, 200)
