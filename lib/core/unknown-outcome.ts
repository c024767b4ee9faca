const OPEN_CODES: ReadonlySet<unknown> = new Set([
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'UND_ERR_BODY_TIMEOUT',
  'UND_ERR_HEADERS_TIMEOUT',
  'UND_ERR_SOCKET',
])

const OPEN_NAMES: ReadonlySet<unknown> = new Set([
  'AbortError',
  'RequestTimeout',
  'RequestTimeoutException',
  'TimeoutError',
])

/**
 * Whether a call that ended in this error may have reached the other side all the same: the connection
 * broke, or the caller did not wait for the answer. A `RetryableError` around such an error says that the
 * user knows better.
 */
export function leavesOutcomeOpen(error: unknown): boolean {
  const seen = new Set<unknown>()
  let each = error
  while (typeof each === 'object' && each !== null && !seen.has(each)) {
    const { code, name, cause } = each as { code?: unknown; name?: unknown; cause?: unknown }
    if (code === 'RETRYABLE') return false
    if (OPEN_CODES.has(code) || OPEN_NAMES.has(name)) return true
    seen.add(each)
    each = cause
  }
  return false
}
