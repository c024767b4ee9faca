import type { S3, S3ClientConfig } from '@aws-sdk/client-s3'
import { ConfigurationError, MillraceError, RetryableError } from '../core/errors.ts'
import { isRetryable } from '../core/retryable.ts'

const MAX_ATTEMPTS = 4
const CONNECTION_TIMEOUT_MS = 1_000
/** An object may be a snapshot of many MB. */
const REQUEST_TIMEOUT_MS = 30_000

/** An S3 client, loaded when asked for. Region, credentials and `AWS_ENDPOINT_URL` are found by the SDK. */
export async function openS3(config: S3ClientConfig = {}): Promise<S3> {
  const { S3 } = await import('@aws-sdk/client-s3')
  return new S3({
    maxAttempts: MAX_ATTEMPTS,
    retryMode: 'standard',
    requestHandler: {
      connectionTimeout: CONNECTION_TIMEOUT_MS,
      requestTimeout: REQUEST_TIMEOUT_MS,
      throwOnRequestTimeout: true,
    },
    ...config,
  })
}

let shared: Promise<S3> | undefined

/** The process' client: blobs and dead letters share its connections. */
export function sharedS3(): Promise<S3> {
  shared ??= openS3()
  return shared
}

/**
 * What a failed call means, as `dynamodbError` says it for DynamoDB.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html
 */
export function s3Error(error: unknown, bucket: string, actions: readonly string[]): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error
  const { name, message } = error
  const data = { bucket }
  if (isRetryable(error)) {
    return new RetryableError(`S3 bucket '${bucket}' does not answer for now: ${message}`, data, {
      cause: error,
    })
  }
  const refuse = (text: string) => new ConfigurationError(text, data, { cause: error })
  switch (name) {
    case 'NoSuchBucket':
      return refuse(
        `there is no S3 bucket '${bucket}': create it (aws s3 mb s3://${bucket}), or correct its name`,
      )
    case 'PermanentRedirect':
    case 'AuthorizationHeaderMalformed':
    case 'IllegalLocationConstraintException':
      return refuse(
        `S3 bucket '${bucket}' is in another region (${message}): use a bucket in the function's region`,
      )
    case 'AccessDenied':
    case 'Forbidden':
      return refuse(
        `the function may not use S3 bucket '${bucket}' (${message}): allow it ${actions.map((each) => `s3:${each}`).join(', ')}, with the CDK by bucket.grantReadWrite(fn) and bucket.grantDelete(fn)`,
      )
  }
  return error
}
