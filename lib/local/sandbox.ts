import type { KinesisStreamEvent } from 'aws-lambda'

/** Where a function runs: an execution environment that is started by its first event. */
export interface Sandbox {
  /**
   * Runs the handler with this event.
   * @returns what the handler answered
   * @throws what the handler threw, or an `InvocationError` when the environment itself failed
   */
  invoke(event: KinesisStreamEvent | object): Promise<unknown>
  /** Ends the environment, an invocation in flight too. */
  stop(): Promise<void>
}
