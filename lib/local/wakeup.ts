import type { Clock } from '../time/clock.ts'

/** A sleep that `wake` ends. Whoever looks for work and then sleeps in the same turn misses no wake. */
export class Wakeup {
  readonly #clock: Clock
  #sleeping = new AbortController()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#sleeping.abort()
  }

  /** Sleeps `ms` milliseconds at most. */
  async sleep(ms: number): Promise<void> {
    this.#sleeping = new AbortController()
    await this.#clock.sleep(ms, this.#sleeping.signal)
  }
}
