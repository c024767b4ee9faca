import type { DynamoDB, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'

/**
 * For a function whose batch waits for each call: a call that hangs is given up and made again long before
 * the function's own timeout. Four attempts with the SDK's back-off take at most some 20 seconds.
 */
const MAX_ATTEMPTS = 4
const CONNECTION_TIMEOUT_MS = 1_000
const REQUEST_TIMEOUT_MS = 4_000

/**
 * A DynamoDB client, loaded when asked for. Region, credentials and `AWS_ENDPOINT_URL` are found by the SDK:
 * https://docs.aws.amazon.com/sdkref/latest/guide/settings-reference.html
 */
export async function openDynamoDB(config: DynamoDBClientConfig = {}): Promise<DynamoDB> {
  const { DynamoDB } = await import('@aws-sdk/client-dynamodb')
  return new DynamoDB({
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

let shared: Promise<DynamoDB> | undefined

/** The process' client: state and sinks share its connections. */
export function sharedDynamoDB(): Promise<DynamoDB> {
  shared ??= openDynamoDB()
  return shared
}
