import type { Claim, Failure } from '../core/claim-store.ts'
import { RetryableError, UnknownOutcomeError } from '../core/errors.ts'
import type { Outside } from '../core/outside.ts'
import { isRetryable } from '../core/retryable.ts'
import { leavesOutcomeOpen } from '../core/unknown-outcome.ts'

/** Before the deadline: time to write down what became of the effects, to commit and to publish. */
const MARGIN_MS = 1_000

/** More turns than this on one key mean that something is wrong with the store. */
const MOST_TURNS = 10

interface OnceOptions {
  /** of the operator */
  readonly name: string
  /** how long an outcome is remembered, ms */
  readonly within: number
  readonly onUnknown: 'retry' | 'dead-letter'
}

/**
 * Does something once per key, by a claim that is written before and settled after (protocol R15). A claim
 * is held until its invocation's deadline: before that, nobody else may say what became of it.
 */
export class Once {
  readonly #outside: Outside
  readonly #options: OnceOptions

  constructor(outside: Outside, options: OnceOptions) {
    this.#outside = outside
    this.#options = options
  }

  /**
   * Returns when the action is done, now or by an earlier attempt.
   * @param redrive id of the dead letter that is tried again, or ''
   * @throws RetryableError when it is at work elsewhere, or has to be tried again
   * @throws UnknownOutcomeError when nobody knows whether it happened, and that is final
   * @throws the action's error, the same one each time, when it failed for good
   */
  async perform(key: string, redrive: string, action: (signal: AbortSignal) => unknown): Promise<void> {
    const claim = await this.#claim(key, redrive)
    if (claim === undefined) return
    const ended = new AbortController()
    const signal = this.#deadlineSignal(claim.until, ended.signal)
    try {
      await action(signal)
    } catch (error) {
      throw await this.#failed(claim, error, signal.aborted)
    } finally {
      ended.abort()
    }
    await this.#settle(claim, { state: 'done' })
  }

  /** @returns the claim, or undefined if the action is done already */
  async #claim(key: string, redrive: string): Promise<Claim | undefined> {
    const { name, within, onUnknown } = this.#options
    let instead: string | undefined
    for (let turn = 0; turn < MOST_TURNS; turn++) {
      const now = this.#outside.now()
      const until = this.#outside.deadline()
      if (now >= until - MARGIN_MS) {
        throw new RetryableError(
          `effect '${name}' has not begun, because its invocation ends in ${until - now} ms: if this comes often, give the function a longer timeout or smaller batches`,
          { name, key },
        )
      }
      const owner = this.#outside.nonce()
      const claim: Claim = { key, owner, state: 'running', until, expires: until + within, redrive }
      const holder = await this.#put(claim, now, instead)
      if (holder === undefined) return claim
      if (holder.state === 'done') return undefined
      instead = undefined
      if (holder.state === 'running') {
        if (holder.until > now) throw this.#busy(holder, now)
        if (onUnknown === 'retry') instead = holder.owner
        // Under another owner's name: the old one, should it still be alive, cannot settle it any more.
        else if (await this.#giveUp({ ...holder, owner }, now, holder.owner)) throw this.#unknown(key)
      } else {
        const again = redrive !== '' && redrive !== holder.redrive
        if (!again) throw holder.failure ? errorOf(holder.failure) : this.#unknown(key)
        instead = holder.owner
      }
    }
    throw new RetryableError(`the claim on '${key}' changed ${MOST_TURNS} times while it was looked at`, {
      key,
    })
  }

  /** Writes down that the action failed. @returns what to throw */
  async #failed(claim: Claim, error: unknown, aborted: boolean): Promise<unknown> {
    const { key, owner } = claim
    if (aborted || leavesOutcomeOpen(error)) {
      if (this.#options.onUnknown === 'dead-letter') {
        const unknown = this.#unknown(key, error)
        await this.#settle(claim, { state: 'unknown', failure: failureOf(unknown) })
        return unknown
      }
    } else if (!isRetryable(error)) {
      await this.#settle(claim, { state: 'failed', failure: failureOf(error) })
      return error
    }
    try {
      await this.#outside.claims.remove(key, owner)
    } catch {
      // The claim then ends with its invocation, and its outcome counts as unknown.
    }
    if (isRetryable(error)) return error
    return new RetryableError(
      `effect '${this.#options.name}' was ended by its invocation`,
      { key },
      { cause: error },
    )
  }

  async #settle(claim: Claim, outcome: Pick<Claim, 'state' | 'failure'>): Promise<void> {
    const now = this.#outside.now()
    await this.#put({ ...claim, ...outcome, expires: now + this.#options.within }, now, claim.owner)
  }

  async #giveUp(claim: Claim, now: number, instead: string): Promise<boolean> {
    const expires = now + this.#options.within
    return (await this.#put({ ...claim, state: 'unknown', expires }, now, instead)) === undefined
  }

  /** A store that does not answer, or not as it should, is no fault of the element. */
  async #put(claim: Claim, now: number, instead: string | undefined): Promise<Claim | undefined> {
    try {
      return await this.#outside.claims.put(claim, now, instead)
    } catch (cause) {
      const reason = cause instanceof Error ? cause.message : String(cause)
      throw new RetryableError(
        `the claim store did not take the claim on '${claim.key}': ${reason}`,
        {},
        { cause },
      )
    }
  }

  #busy({ key, until }: Claim, now: number): RetryableError {
    return new RetryableError(
      `the effect of '${key}' is at work in another invocation, which ends in ${until - now} ms at the latest`,
      { key, until },
    )
  }

  /** Not with the reason as its cause: it would look like one that a retry can cure. */
  #unknown(key: string, reason?: unknown): UnknownOutcomeError {
    const { name } = this.#options
    const how = reason === undefined ? 'its invocation ended in the middle' : failureOf(reason).message
    return new UnknownOutcomeError(
      `effect '${name}' was begun, and nobody knows whether it happened (${how}): find out by its key '${key}', then send the dead letter again or forget it`,
      { name, key },
    )
  }

  #deadlineSignal(deadline: number, ended: AbortSignal): AbortSignal {
    const controller = new AbortController()
    const remaining = deadline - MARGIN_MS - this.#outside.now()
    void this.#outside.sleep(remaining, ended).then(() => {
      if (!ended.aborted) controller.abort(new DOMException('the invocation is about to end', 'TimeoutError'))
    })
    return controller.signal
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { name: typeof error, message: String(error) }
  const { name, message, stack } = error
  return { name, message, ...(stack !== undefined && { stack }) }
}

const errorOf = ({ name, message, stack }: Failure): Error =>
  Object.assign(new Error(message), { name, stack })
