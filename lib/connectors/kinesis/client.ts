import type { Kinesis, KinesisClientConfig } from '@aws-sdk/client-kinesis'
import { ConfigurationError, MillraceError, RetryableError } from '../../core/errors.ts'
import { isRetryable } from '../../core/retryable.ts'

const MAX_ATTEMPTS = 4
const CONNECTION_TIMEOUT_MS = 1_000
/** An answer has up to 10 MiB. */
const REQUEST_TIMEOUT_MS = 10_000

/**
 * A Kinesis client, loaded when asked for. Region, credentials and `AWS_ENDPOINT_URL` are found by the SDK.
 * It speaks HTTP/1.1: the SDK's own choice, HTTP/2, serves only subscriptions better, and fails where an
 * endpoint is plain HTTP.
 */
export async function openKinesis(config: KinesisClientConfig = {}): Promise<Kinesis> {
  const { Kinesis } = await import('@aws-sdk/client-kinesis')
  const { NodeHttpHandler } = await import('@smithy/node-http-handler')
  return new Kinesis({
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: new NodeHttpHandler({
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    }),
    ...config,
  })
}

/**
 * What a failed call means, as `dynamodbError` says it for DynamoDB.
 * https://docs.aws.amazon.com/kinesis/latest/APIReference/CommonErrors.html
 */
export function kinesisError(error: unknown, stream: string): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error
  const { name, message } = error
  const [data, options] = [{ stream }, { cause: error }]
  // An iterator lives for five minutes: the next look asks for another.
  if (isRetryable(error) || name === 'ExpiredIteratorException') {
    return new RetryableError(
      `the Kinesis stream '${stream}' does not answer for now: ${message}`,
      data,
      options,
    )
  }
  switch (name) {
    case 'ResourceNotFoundException':
      return new ConfigurationError(
        `the Kinesis stream '${stream}', or its shard, is not there (${message}): create it, or correct its name`,
        data,
        options,
      )
    case 'AccessDeniedException':
      return new ConfigurationError(
        `the function may not use the Kinesis stream '${stream}' (${message}): allow it kinesis:ListShards, GetShardIterator and GetRecords, and PutRecords for the streams of exchanges; with the CDK by stream.grantReadWrite(fn)`,
        data,
        options,
      )
  }
  return error
}
