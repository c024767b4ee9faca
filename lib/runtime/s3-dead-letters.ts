import type { S3 } from '@aws-sdk/client-s3'
import { type DeadLetter, deadLetterLine } from '../core/dead-letter.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'
import { s3Error } from '../state/s3-client.ts'

const ACTIONS = ['PutObject']
const PREFIX = 'dead-letters/'

export interface S3DeadLettersOptions {
  readonly client: S3
  readonly bucket: string
}

/**
 * Dead letters in AWS: JSON lines, an object for each entry that has any. Its name is the task and the places
 * of the first and the last letter, so that the same letters delivered again are the same object (protocol
 * R14): `dead-letters/PIPELINE/…/SHARD/FIRST-LAST.jsonl`.
 */
export class S3DeadLetters implements SinkWriter {
  readonly #client: S3
  readonly #bucket: string

  constructor({ client, bucket }: S3DeadLettersOptions) {
    this.#client = client
    this.#bucket = bucket
  }

  /**
   * Finds a bucket that is missing or elsewhere. Who may only put objects is told nothing of it, and that is
   * enough.
   */
  async check(): Promise<void> {
    try {
      await this.#client.headBucket({ Bucket: this.#bucket })
    } catch (error) {
      if (statusOf(error) !== 403) throw this.#explain(error)
    }
  }

  /** @throws RetryableError when S3 does not take them for now */
  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    const [first] = records
    const last = records.at(-1)
    if (first === undefined || last === undefined) return []
    const [task = '', from] = placeOf(first)
    const [, to] = placeOf(last)
    const lines = records.map(({ id, payload }) => `${deadLetterLine(id, payload as DeadLetter)}\n`)
    try {
      await this.#client.putObject({
        Bucket: this.#bucket,
        Key: `${PREFIX}${task}/${from}${first === last ? '' : `-${to}`}.jsonl`,
        Body: lines.join(''),
        ContentType: 'application/jsonl',
      })
    } catch (error) {
      throw this.#explain(error)
    }
    return []
  }

  /** An answer to HEAD has no body that would tell its error's name. */
  #explain(error: unknown): unknown {
    const name = HEAD_ERRORS.get(statusOf(error))
    const named =
      name === undefined ? error : Object.assign(new Error(String(error), { cause: error }), { name })
    return s3Error(named, this.#bucket, ACTIONS)
  }
}

const HEAD_ERRORS: ReadonlyMap<number | undefined, string> = new Map([
  [301, 'PermanentRedirect'],
  [404, 'NoSuchBucket'],
])

const statusOf = (error: unknown): number | undefined =>
  (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode

/** An output's id is its task and its place in it, with a colon between them. */
function placeOf({ id }: SinkRecord): readonly [task: string, place: string] {
  const colon = id.lastIndexOf(':')
  return [id.slice(0, colon), id.slice(colon + 1)]
}
