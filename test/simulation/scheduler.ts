import { RetryableError } from '../../lib/core/errors.ts'
import type { Profile } from './profile.ts'
import type { Random } from './random.ts'
import { type Invocation, running, type SimSandbox } from './sandbox.ts'

/** `user`: a promise of the pipeline's own code, whose errors must look curable. */
export type OperationKind = 'store' | 'user'

/** A call to the outside: it happens, and is answered, when the scheduler says so. */
export interface Operation {
  readonly name: string
  readonly kind: OperationKind
  readonly invocation: Invocation
  readonly effect: () => Promise<unknown>
  readonly resolve: (value: unknown) => void
  readonly reject: (error: unknown) => void
  /** the step before which it does not go on */
  wakeAt: number
}

/** What becomes of a call of user code, beside that it is done. */
export const USER_OUTCOMES = ['throttled', 'lost', 'crash', 'crashAfter', 'asleep'] as const
/** The same of a call to a store or a sink. */
export const OUTCOMES = [...USER_OUTCOMES, 'broken', 'brokenAfter'] as const

type Outcome = 'done' | (typeof OUTCOMES)[number]

const LONGEST_SLEEP = 150
/** What a slow call takes at most, where one kind of call is slow. */
const SLOW = 40

/** All operations that have been called and not answered, and what becomes of them. */
export class Scheduler {
  readonly pending: Operation[] = []
  readonly #trace: string[] | undefined
  readonly #random: Random
  readonly #profile: Profile
  step = 0
  /** how many faults are left */
  faults: number
  /** the first thing that must not be */
  failure: string | undefined
  /** what has happened, for those who want to know what a seed tries */
  readonly events = new Set<string>()

  constructor(random: Random, profile: Profile, trace: string[] | undefined) {
    this.#random = random
    this.#profile = profile
    this.#trace = trace
    this.faults = profile.faults
  }

  note(line: () => string): void {
    this.#trace?.push(`${this.step} ${line()}`)
  }

  fail(reason: string): void {
    this.note(() => `!! ${reason}`)
    this.failure ??= reason
  }

  /** Calls to the outside of the invocation that runs right now. */
  call<A>(name: string, effect: () => Promise<A>, kind: OperationKind = 'store'): Promise<A> {
    const invocation = running()
    const { promise, resolve, reject } = Promise.withResolvers<A>()
    // A process that has ended calls nothing.
    if (!invocation.sandbox.dead) {
      const answer = resolve as (value: unknown) => void
      const wakeAt = this.step + this.#delay(name, invocation)
      this.pending.push({ name, kind, invocation, effect, resolve: answer, reject, wakeAt })
    }
    return promise
  }

  /** Throws, if it is time for a fault, out of user code. */
  flaky(): void {
    const { rates } = this.#profile
    if (running().calm() || !this.takeFault(rates.throttled / 5)) return
    this.note(() => `${running().label} user code throws`)
    this.events.add('user code throws')
    throw new RetryableError('user code: not now')
  }

  takeFault(probability: number): boolean {
    if (this.faults === 0 || !this.#random.chance(probability)) return false
    this.faults--
    return true
  }

  async perform(operation: Operation): Promise<void> {
    const { invocation, name } = operation
    const outcome = this.#outcome(operation)
    this.note(() => `${invocation.label} ${name}${outcome === 'done' ? '' : `: ${outcome}`}`)
    if (outcome !== 'done') this.events.add(`${kindOf(name)}: ${outcome}`)
    else if (invocation.sandbox.dead) this.events.add(`${kindOf(name)}: by a dead process`)
    else if (invocation.abandoned) this.events.add(`${kindOf(name)}: by a zombie`)
    if (outcome === 'asleep') {
      operation.wakeAt = this.step + this.#random.between(5, LONGEST_SLEEP)
      return
    }
    this.pending.splice(this.pending.indexOf(operation), 1)
    if (outcome === 'throttled') operation.reject(aws('ThrottlingException'))
    else if (outcome === 'broken') operation.reject(new Error('broken'))
    else if (outcome === 'crash') this.crash(invocation.sandbox)
    else {
      const result = await operation.effect()
      if (outcome === 'done') operation.resolve(result)
      else if (outcome === 'lost') operation.reject(aws('TimeoutError'))
      else if (outcome === 'brokenAfter') operation.reject(new Error('broken'))
      else this.crash(invocation.sandbox)
    }
  }

  /** Ends a process: what it has sent may still arrive, now or later, and nobody waits for the answer. */
  crash(sandbox: SimSandbox): void {
    sandbox.dead = true
    for (const operation of this.pending.filter(({ invocation }) => invocation.sandbox === sandbox)) {
      if (this.#random.chance(0.3)) operation.wakeAt = this.step + this.#random.between(0, LONGEST_SLEEP)
      else this.pending.splice(this.pending.indexOf(operation), 1)
    }
  }

  /** Steps until it is answered, if the call is of a kind that is slow. */
  #delay(name: string, invocation: Invocation): number {
    const kind = kindOf(name)
    const straggles = invocation.pace === 'straggling'
    if (straggles && (kind === 'append' || kind === 'attempt')) invocation.pace = 'hasty'
    if (straggles && kind === 'load') return this.#random.chance(0.3) ? this.#random.between(20, 120) : 0
    const isSlow = this.faults > 0 && kind === this.#profile.slow && this.#random.chance(0.5)
    return isSlow ? this.#random.between(2, SLOW) : 0
  }

  #outcome({ kind, invocation }: Operation): Outcome {
    if (this.faults === 0 || invocation.sandbox.dead || invocation.calm()) return 'done'
    const { throttled, lost, broken, crash, asleep } = this.#profile.rates
    const permanent = kind === 'user' ? 0 : broken / 2
    const mayCrash = invocation.sandbox.mayCrash() ? crash / 2 : 0
    const rates: readonly (readonly [Outcome, number])[] = [
      ['throttled', throttled],
      ['lost', lost],
      ['broken', permanent],
      ['brokenAfter', permanent],
      ['crash', mayCrash],
      ['crashAfter', mayCrash],
      ['asleep', asleep],
    ]
    let rest = this.#random.next()
    for (const [outcome, rate] of rates) {
      rest -= rate
      if (rest >= 0) continue
      this.faults--
      return outcome
    }
    return 'done'
  }
}

/** An error as the AWS SDK throws it when it has given up retrying. */
const aws = (name: string): Error => Object.assign(new Error(`${name} (simulated)`), { name })

const kindOf = (name: string): string => name.split(' ', 1)[0] ?? name
