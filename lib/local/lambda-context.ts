import { randomUUID } from 'node:crypto'
import type { Context } from 'aws-lambda'
import { functionArn } from './arn.ts'

const MEMORY_MB = '1024'

/** Lambda's own default and longest timeout in milliseconds are 3,000 and 900,000. */
export const DEFAULT_TIMEOUT_MS = 60_000

/** A handler as Lambda calls it. */
export type Handler = (event: never, context: Context) => unknown

/**
 * The context object of one invocation that begins now.
 * @param timeout of the function in milliseconds
 * @param now epoch milliseconds
 */
export function lambdaContext(functionName: string, timeout: number, now: () => number): Context {
  const deadline = now() + timeout
  const obsolete = (): never => {
    throw new Error('context.done, fail and succeed are not there since Node.js 24: return or throw.')
  }
  return {
    callbackWaitsForEmptyEventLoop: true,
    functionName,
    functionVersion: '$LATEST',
    invokedFunctionArn: functionArn(functionName),
    memoryLimitInMB: MEMORY_MB,
    awsRequestId: randomUUID(),
    logGroupName: `/aws/lambda/${functionName}`,
    logStreamName: 'local',
    getRemainingTimeInMillis: () => Math.max(0, deadline - now()),
    done: obsolete,
    fail: obsolete,
    succeed: obsolete,
  }
}
