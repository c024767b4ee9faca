/**
 * Why an invocation ended without an answer: `handler` (it threw; `name` is the type of its error), `load`
 * (the function or its setup module could not be loaded), `timeout`, `exit` (the process ended or crashed),
 * `stopped` (the sandbox was).
 */
export type InvocationFailure = 'handler' | 'load' | 'timeout' | 'exit' | 'stopped'

/** An error that crossed the border of a sandbox: its text is left, as Lambda's own caller would see it. */
export class InvocationError extends Error {
  readonly failure: InvocationFailure
  /** The stack inside the sandbox. */
  readonly trace: string | undefined

  constructor(
    failure: InvocationFailure,
    message: string,
    details: { name?: string; trace?: string | undefined } = {},
  ) {
    super(message)
    this.name = details.name ?? 'InvocationError'
    this.failure = failure
    this.trace = details.trace
  }
}
