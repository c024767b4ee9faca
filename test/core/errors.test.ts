import { expect, test } from 'vitest'
import {
  ConfigurationError,
  InvalidOutputError,
  InvalidRecordError,
  LateRecordError,
  MillraceError,
  RetryableError,
  StateFormatError,
  StateMismatchError,
  TornLoadError,
  UnknownOutcomeError,
} from '../../lib/core/errors.ts'

test.each([
  [ConfigurationError, 'CONFIGURATION'],
  [InvalidRecordError, 'INVALID_RECORD'],
  [InvalidOutputError, 'INVALID_OUTPUT'],
  [LateRecordError, 'LATE_RECORD'],
  [RetryableError, 'RETRYABLE'],
  [StateMismatchError, 'STATE_MISMATCH'],
  [StateFormatError, 'STATE_FORMAT'],
  [TornLoadError, 'STATE_TORN'],
  [UnknownOutcomeError, 'UNKNOWN_OUTCOME'],
] as const)('a %o carries its name, the code %s and its data', (Class, code) => {
  const error = new Class('what was wrong', { given: 1 })
  expect(error).toBeInstanceOf(MillraceError)
  expect(error).toMatchObject({ name: Class.name, code, message: 'what was wrong', data: { given: 1 } })
})

test('an error of a user that extends one of these has its code', () => {
  class Throttled extends RetryableError {}
  expect(new Throttled('x')).toMatchObject({ code: 'RETRYABLE', message: 'x' })
})

test('data is an object even if none was given', () => {
  expect(new RetryableError('x').data).toEqual({})
})

test('the cause is kept', () => {
  const cause = new Error('below')
  expect(new RetryableError('x', {}, { cause }).cause).toBe(cause)
})
