const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  'RETRYABLE',
  'STATE_TORN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EHOSTUNREACH',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

// With those that AWS answers with HTTP 400 and the SDK retries all the same:
// https://github.com/smithy-lang/smithy-typescript/blob/main/packages/service-error-classification/src/constants.ts
const TRANSIENT_NAMES: ReadonlySet<unknown> = new Set([
  'AbortError',
  'BandwidthLimitExceeded',
  'EC2ThrottledException',
  'LimitExceededException',
  'PriorRequestNotComplete',
  'ProvisionedThroughputExceededException',
  'RequestLimitExceeded',
  'RequestThrottled',
  'RequestThrottledException',
  'RequestTimeout',
  'RequestTimeoutException',
  'SlowDown',
  'ThrottledException',
  'Throttling',
  'ThrottlingException',
  'TimeoutError',
  'TooManyRequestsException',
  'TransactionInProgressException',
])

/**
 * Whether a later attempt can cure this error: a `RetryableError`, an AWS SDK error that the SDK would
 * retry (`$retryable`, throttling, HTTP 5xx), a network error of Node, or one whose cause is such.
 * Judged by shape, not by class, so that it holds across two copies of a module (bundle and host).
 */
export function isRetryable(error: unknown): boolean {
  const seen = new Set<object>()
  let each = error
  while (typeof each === 'object' && each !== null && !seen.has(each)) {
    if (isTransient(each)) return true
    seen.add(each)
    each = (each as { cause?: unknown }).cause
  }
  return false
}

function isTransient(error: object): boolean {
  const { code, name, $retryable, $metadata } = error as {
    code?: unknown
    name?: unknown
    $retryable?: unknown
    $metadata?: { httpStatusCode?: number }
  }
  if (TRANSIENT_CODES.has(code) || TRANSIENT_NAMES.has(name)) return true
  if ($retryable !== undefined) return true
  const status = $metadata?.httpStatusCode
  return status !== undefined && (status >= 500 || status === 429)
}
