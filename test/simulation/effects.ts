import type { Claim, ClaimStore } from '../../lib/core/claim-store.ts'
import { type Invocation, running } from './sandbox.ts'
import type { Scheduler } from './scheduler.ts'

interface Attempt {
  readonly invocation: Invocation
  /** until it is answered */
  open: boolean
}

interface EffectsContext {
  readonly scheduler: Scheduler
  readonly claims: ClaimStore
  readonly now: () => number
  /** whether an effect of which nobody knows may be tried again */
  readonly again: boolean
}

/** The world outside of the pipeline, and what must hold whenever something is done to it (protocol R15). */
export class Effects {
  readonly #context: EffectsContext
  readonly #attempts = new Map<string, Attempt[]>()
  readonly #happened = new Map<string, number>()
  readonly #done = new Set<string>()

  constructor(context: EffectsContext) {
    this.#context = context
  }

  /** Does it; the caller hears of it, or of the end of its time. */
  async perform(key: string, signal: AbortSignal): Promise<void> {
    const { scheduler, again } = this.#context
    const attempt = this.#begin(key)
    const effect = async (): Promise<void> => {
      const times = (this.#happened.get(key) ?? 0) + 1
      this.#happened.set(key, times)
      if (times > 1) scheduler.events.add('an effect happens again')
      if (times > 1 && !again) scheduler.fail(`the effect of '${key}' has happened twice`)
    }
    const { promise, reject } = Promise.withResolvers<never>()
    signal.addEventListener('abort', () => reject(signal.reason))
    try {
      await Promise.race([scheduler.call('effect', effect, 'user'), promise])
    } finally {
      attempt.open = false
    }
  }

  /** The claims of the effects, whose calls happen when the scheduler says so. */
  readonly claims: ClaimStore = {
    put: (claim, now, instead) =>
      this.#context.scheduler.call(`claim ${claim.state}`, async () => {
        const holder = await this.#context.claims.put(claim, now, instead)
        if (holder === undefined && claim.state === 'done') this.#done.add(keyOf(claim))
        return holder
      }),
    remove: (key, owner) =>
      this.#context.scheduler.call('claim given back', () => this.#context.claims.remove(key, owner)),
  }

  #begin(key: string): Attempt {
    const { scheduler, now } = this.#context
    const attempts = this.#attempts.get(key) ?? []
    this.#attempts.set(key, attempts)
    const isAtWork = ({ open, invocation: { sandbox, deadline } }: Attempt): boolean =>
      open && !sandbox.dead && now() < deadline
    if (attempts.some(isAtWork)) scheduler.fail(`the effect of '${key}' is at work twice`)
    if (this.#done.has(key)) scheduler.fail(`the effect of '${key}' was done, and is begun again`)
    const attempt = { invocation: running(), open: true }
    attempts.push(attempt)
    return attempt
  }
}

/** Claims have the pipeline's and the operator's names before the key. */
const keyOf = ({ key }: Claim): string => key.split('/').slice(2).join('/')
