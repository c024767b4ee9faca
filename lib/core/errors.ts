/** What the errors of millrace carry: a stable code, and the values the message speaks of. */
export type ErrorCode =
  | 'CONFIGURATION'
  | 'EXCHANGE_GAP'
  | 'INVALID_RECORD'
  | 'INVALID_OUTPUT'
  | 'LATE_RECORD'
  | 'PROCESS_KILLED'
  | 'RETRYABLE'
  | 'SHARD_CLOSED'
  | 'STATE_MISMATCH'
  | 'STATE_FORMAT'
  | 'STATE_TORN'
  | 'UNKNOWN_OUTCOME'

/**
 * Base of every error that millrace throws. The message says what was wrong in the user's terms, the
 * value given, what was expected and the change to make; `code` and `data` are for programs.
 */
export class MillraceError extends Error {
  // Written out in each class: bundles are minified, and a class's own name with them.
  override readonly name: string = 'MillraceError'
  readonly code: ErrorCode
  readonly data: Readonly<Record<string, unknown>>

  constructor(
    code: ErrorCode,
    message: string,
    data: Readonly<Record<string, unknown>> = {},
    options?: ErrorOptions,
  ) {
    super(message, options)
    this.code = code
    this.data = data
  }
}

/** The pipeline, its options or its environment cannot work as written. Never cured by a retry. */
export class ConfigurationError extends MillraceError {
  override readonly name = 'ConfigurationError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('CONFIGURATION', message, data, options)
  }
}

/** A record that cannot be decoded, validated or placed in time: it becomes a dead letter. */
export class InvalidRecordError extends MillraceError {
  override readonly name = 'InvalidRecordError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('INVALID_RECORD', message, data, options)
  }
}

/** A value that its sink cannot take (a missing key attribute, say): it becomes a dead letter. */
export class InvalidOutputError extends MillraceError {
  override readonly name = 'InvalidOutputError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('INVALID_OUTPUT', message, data, options)
  }
}

/** A record that all its windows refused, in a pipeline without a `late` sink: a dead letter. */
export class LateRecordError extends MillraceError {
  override readonly name = 'LateRecordError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('LATE_RECORD', message, data)
  }
}

/** A record at which the process was killed again and again (endless loop, memory): a dead letter, unrun. */
export class ProcessKilledError extends MillraceError {
  override readonly name = 'ProcessKilledError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('PROCESS_KILLED', message, data)
  }
}

/**
 * Thrown by user code (or by millrace) for a failure that a later attempt can cure: the batch is cut
 * before the record, and Lambda delivers it again. Any other error makes the element a dead letter.
 */
export class RetryableError extends MillraceError {
  override readonly name = 'RetryableError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('RETRYABLE', message, data, options)
  }
}

/** A record of a shard that was split or merged came after its children had begun: none of them knows of it. */
export class ShardClosedError extends MillraceError {
  override readonly name = 'ShardClosedError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('SHARD_CLOSED', message, data)
  }
}

/** The state in the store was written by another shape of this pipeline. */
export class StateMismatchError extends MillraceError {
  override readonly name = 'StateMismatchError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('STATE_MISMATCH', message, data)
  }
}

/** The state in the store has a format that this version of millrace does not read. */
export class StateFormatError extends MillraceError {
  override readonly name = 'StateFormatError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>, options?: ErrorOptions) {
    super('STATE_FORMAT', message, data, options)
  }
}

/**
 * What a task sent through an exchange did not all arrive: the stream kept it not long enough, or was deleted.
 * Going on would lose elements silently, so the batch fails until someone decides.
 */
export class ExchangeGapError extends MillraceError {
  override readonly name = 'ExchangeGapError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('EXCHANGE_GAP', message, data)
  }
}

/** A log was read while others wrote to it, more often than is plausible. */
export class TornLoadError extends MillraceError {
  override readonly name = 'TornLoadError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('STATE_TORN', message, data)
  }
}

/** An effect that was begun, of which nobody knows whether it happened, and that must not happen twice. */
export class UnknownOutcomeError extends MillraceError {
  override readonly name = 'UnknownOutcomeError'

  constructor(message: string, data?: Readonly<Record<string, unknown>>) {
    super('UNKNOWN_OUTCOME', message, data)
  }
}
