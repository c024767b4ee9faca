import type { ClaimStore } from './claim-store.ts'

/** What an operator gets to do something outside of the log. Results must not depend on any of it. */
export interface Outside {
  readonly claims: ClaimStore
  /** Epoch ms by the clock on the wall. */
  now(): number
  /** Resolves after `ms` milliseconds, or at once when `signal` aborts. Never rejects. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>
  /** Epoch ms at which Lambda ends the invocation in hand, with all that it has begun. */
  deadline(): number
  /** A new unique name at each call. */
  nonce(): string
}
