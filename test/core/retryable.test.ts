import { runInNewContext } from 'node:vm'
import { describe, expect, test } from 'vitest'
import { InvalidRecordError, RetryableError, TornLoadError } from '../../lib/core/errors.ts'
import { isRetryable } from '../../lib/core/retryable.ts'

const named = (name: string): Error => Object.assign(new Error('x'), { name })
const coded = (code: string): Error => Object.assign(new Error('x'), { code })
const answered = (httpStatusCode: number): Error =>
  Object.assign(new Error('x'), { $metadata: { httpStatusCode } })

describe('A later attempt can cure', () => {
  test.each([
    ['a RetryableError', new RetryableError('x')],
    ['a torn load', new TornLoadError('x')],
    ['what the SDK marks as retryable', Object.assign(new Error('x'), { $retryable: {} })],
    ['throttling by mark', Object.assign(new Error('x'), { $retryable: { throttling: true } })],
    ['an answer of 500', answered(500)],
    ['an answer of 503', answered(503)],
    ['an answer of 429', answered(429)],
    ['an abort', named('AbortError')],
    ['a time-out', named('TimeoutError')],
    ['a refused connection', coded('ECONNREFUSED')],
    ['a reset connection', coded('ECONNRESET')],
    ['a name server that is busy', coded('EAI_AGAIN')],
    ['an unreachable host', coded('EHOSTUNREACH')],
    ['a connection that undici gave up', coded('UND_ERR_CONNECT_TIMEOUT')],
    ['a body that undici gave up', coded('UND_ERR_BODY_TIMEOUT')],
    ['a failed fetch', new TypeError('fetch failed', { cause: coded('ECONNRESET') })],
    [
      'an error some causes deep',
      new Error('a', { cause: new Error('b', { cause: new RetryableError('c') }) }),
    ],
  ])('%s', (_, error) => {
    expect(isRetryable(error)).toBe(true)
  })

  test.each([
    'ProvisionedThroughputExceededException',
    'ThrottlingException',
    'RequestLimitExceeded',
    'TooManyRequestsException',
    'TransactionInProgressException',
    'SlowDown',
    'RequestTimeout',
  ])('%s, which AWS answers with HTTP 400', (name) => {
    expect(isRetryable(Object.assign(answered(400), { name, $fault: 'client' }))).toBe(true)
  })

  test('an error of another copy of the class, or of another realm', () => {
    expect(isRetryable({ name: 'RetryableError', code: 'RETRYABLE', message: 'x' })).toBe(true)
    expect(isRetryable(runInNewContext(`Object.assign(new Error('x'), { code: 'RETRYABLE' })`))).toBe(true)
  })
})

describe('No attempt can cure', () => {
  test.each([
    ['a plain error', new Error('x')],
    ['an invalid record', new InvalidRecordError('x')],
    ['an answer of 400', answered(400)],
    ['an answer of 404', answered(404)],
    ['a missing file', coded('ENOENT')],
    ['an error of a hopeless cause', new Error('a', { cause: new Error('b') })],
    ['a string', 'RETRYABLE'],
    ['null', null],
    ['undefined', undefined],
    ['a cause that is null', new Error('x', { cause: null })],
  ])('%s', (_, error) => {
    expect(isRetryable(error)).toBe(false)
  })

  test('causes that go round in a ring', () => {
    const first = new Error('first')
    const second = new Error('second', { cause: first })
    first.cause = second
    expect(isRetryable(first)).toBe(false)
  })

  test('an error that is its own cause', () => {
    const error = new Error('x')
    error.cause = error
    expect(isRetryable(error)).toBe(false)
  })
})
