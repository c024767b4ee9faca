import type { S3 } from '@aws-sdk/client-s3'
import { RetryableError } from '../core/errors.ts'
import { s3Error } from './s3-client.ts'
import type { BlobStore } from './store.ts'

/** Keys of one DeleteObjects: https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html */
const DELETE_KEYS = 1_000
/** Without ListBucket, S3 answers "access denied" where an object is missing. */
const ACTIONS = ['GetObject', 'PutObject', 'DeleteObject', 'ListBucket']

export interface S3BlobOptions {
  readonly client: S3
  readonly bucket: string
  /** Stands before every blob's name: several stores can share a bucket. @default '' */
  readonly prefix?: string
}

/**
 * Blobs as objects of an S3 bucket: one request each, whatever their size. Reads are consistent:
 * https://docs.aws.amazon.com/AmazonS3/latest/userguide/Welcome.html#ConsistencyModel
 * Throttling and outages are thrown as `RetryableError`.
 * @throws ConfigurationError for a bucket that is missing, may not be used or is in another region
 */
export class S3BlobStore implements BlobStore {
  readonly #client: S3
  readonly #bucket: string
  readonly #prefix: string

  constructor({ client, bucket, prefix = '' }: S3BlobOptions) {
    this.#client = client
    this.#bucket = bucket
    this.#prefix = prefix
  }

  async put(name: string, bytes: Uint8Array): Promise<void> {
    const Key = `${this.#prefix}${name}`
    await this.#call(() => this.#client.putObject({ Bucket: this.#bucket, Key, Body: bytes }))
  }

  async get(name: string): Promise<Uint8Array | undefined> {
    const Key = `${this.#prefix}${name}`
    return await this.#call(async () => {
      try {
        const { Body } = await this.#client.getObject({ Bucket: this.#bucket, Key })
        return await Body?.transformToByteArray()
      } catch (error) {
        if (error instanceof Error && error.name === 'NoSuchKey') return undefined
        throw error
      }
    })
  }

  async delete(names: readonly string[]): Promise<void> {
    for (let from = 0; from < names.length; from += DELETE_KEYS) {
      const keys = names.slice(from, from + DELETE_KEYS).map((name) => ({ Key: `${this.#prefix}${name}` }))
      const { Errors: [failed] = [] } = await this.#call(() =>
        this.#client.deleteObjects({ Bucket: this.#bucket, Delete: { Objects: keys, Quiet: true } }),
      )
      if (failed === undefined) continue
      const error = Object.assign(new Error(failed.Message ?? ''), { name: failed.Code ?? 'Error' })
      const known = s3Error(error, this.#bucket, ACTIONS)
      if (known !== error) throw known
      throw new RetryableError(
        `S3 did not delete '${failed.Key}' of bucket '${this.#bucket}': ${failed.Code} ${failed.Message}`,
        { bucket: this.#bucket, key: failed.Key },
      )
    }
  }

  async list(prefix: string): Promise<readonly string[]> {
    const names: string[] = []
    let from: string | undefined
    do {
      const { Contents, NextContinuationToken } = await this.#call(() =>
        this.#client.listObjectsV2({
          Bucket: this.#bucket,
          Prefix: `${this.#prefix}${prefix}`,
          ...(from !== undefined && { ContinuationToken: from }),
        }),
      )
      for (const { Key = '' } of Contents ?? []) names.push(Key.slice(this.#prefix.length))
      from = NextContinuationToken
    } while (from !== undefined)
    return names
  }

  async #call<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call()
    } catch (error) {
      throw s3Error(error, this.#bucket, ACTIONS)
    }
  }
}
