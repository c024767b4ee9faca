import { setImmediate as nextTurn } from 'node:timers/promises'
import type { Clock } from '../time/clock.ts'

/** Turns of the event loop that count as "all that can run without time passing has run". */
const SETTLE_TURNS = 10

interface Sleeper {
  readonly at: number
  readonly wake: () => void
}

/** A clock that stands still until a test advances it. */
export class VirtualClock implements Clock {
  #now: number
  /** By time, then in the order of the calls. */
  readonly #sleepers: Sleeper[] = []

  /** @param start epoch milliseconds */
  constructor(start = 0) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (!(ms > 0) || signal?.aborted) return resolve()
      const sleeper: Sleeper = {
        at: this.#now + ms,
        wake: () => {
          this.#sleepers.splice(this.#sleepers.indexOf(sleeper), 1)
          signal?.removeEventListener('abort', sleeper.wake)
          resolve()
        },
      }
      const later = this.#sleepers.findIndex(({ at }) => at > sleeper.at)
      this.#sleepers.splice(later === -1 ? this.#sleepers.length : later, 0, sleeper)
      signal?.addEventListener('abort', sleeper.wake, { once: true })
    })
  }

  /**
   * Moves the time on by `ms`, stopping at each sleeper on the way: it wakes at its own time, and what it
   * starts (promises, immediates, further sleeps) happens before the next one wakes.
   */
  async advance(ms: number): Promise<void> {
    const end = this.#now + ms
    await this.settle()
    for (let next = this.#sleepers[0]; next !== undefined && next.at <= end; next = this.#sleepers[0]) {
      this.#now = next.at
      next.wake()
      await this.settle()
    }
    this.#now = end
    await this.settle()
  }

  /** Lets everything run that needs no time to pass. */
  async settle(): Promise<void> {
    for (let turn = 0; turn < SETTLE_TURNS; turn++) await nextTurn()
  }
}
