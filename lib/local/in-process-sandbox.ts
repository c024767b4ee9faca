import { type Clock, systemClock } from '../time/clock.ts'
import { InvocationError } from './invocation-error.ts'
import { DEFAULT_TIMEOUT_MS, type Handler, lambdaContext } from './lambda-context.ts'
import type { Sandbox } from './sandbox.ts'

/** What an in-process sandbox runs. */
export interface InProcessSettings {
  readonly functionName: string
  readonly handler: Handler
  /** Milliseconds that the context tells; a handler in this process cannot be killed. One minute. */
  readonly timeout?: number
  readonly clock?: Clock
}

/**
 * Source mode: calls the handler with the event object itself, in this process, without a copy. Invocations
 * of several shards run at the same time, and the handler's own errors come through as they are.
 */
export class InProcessSandbox implements Sandbox {
  readonly #settings: InProcessSettings
  #stopped = false

  constructor(settings: InProcessSettings) {
    this.#settings = settings
  }

  async invoke(event: object): Promise<unknown> {
    const { functionName, handler, timeout = DEFAULT_TIMEOUT_MS, clock = systemClock } = this.#settings
    if (this.#stopped) throw new InvocationError('stopped', `The sandbox of ${functionName} was stopped.`)
    return await handler(
      event as never,
      lambdaContext(functionName, timeout, () => clock.now()),
    )
  }

  async stop(): Promise<void> {
    this.#stopped = true
  }
}
