const TRANSIENT_CODES: ReadonlySet<unknown> = new Set([
  'RETRYABLE',
  'STATE_TORN',
  'ECONNREFUSED',
  'ECONNRESET',
  'EAI_AGAIN',
  'ENETUNREACH',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_CONNECT_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

const TRANSIENT_NAMES: ReadonlySet<unknown> = new Set(['AbortError', 'TimeoutError'])

/**
 * Whether a later attempt can cure this error: a `RetryableError`, an AWS SDK error that the SDK would
 * retry (`$retryable`, throttling, HTTP 5xx), a network error of Node, or one whose cause is such.
 * Judged by shape, not by class, so that it holds across two copies of a module (bundle and host).
 */
export function isRetryable(error: unknown): boolean {
  if (typeof error !== 'object' || error === null) return false
  const { code, name, cause, $retryable, $metadata } = error as {
    code?: unknown
    name?: unknown
    cause?: unknown
    $retryable?: unknown
    $metadata?: { httpStatusCode?: number }
  }
  if (TRANSIENT_CODES.has(code) || TRANSIENT_NAMES.has(name)) return true
  if ($retryable !== undefined) return true
  const status = $metadata?.httpStatusCode
  if (status !== undefined && (status >= 500 || status === 429)) return true
  return cause !== undefined && cause !== error && isRetryable(cause)
}
