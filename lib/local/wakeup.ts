import type { Clock } from '../time/clock.ts'

/** A sleep that `wake` ends; a wake that nobody slept through is kept for the next sleep. */
export class Wakeup {
  readonly #clock: Clock
  #sleeping: AbortController | undefined
  #woken = false

  constructor(clock: Clock) {
    this.#clock = clock
  }

  wake(): void {
    this.#woken = true
    this.#sleeping?.abort()
  }

  /** Sleeps `ms` milliseconds at most. */
  async sleep(ms: number): Promise<void> {
    if (!this.#woken) {
      this.#sleeping = new AbortController()
      await this.#clock.sleep(ms, this.#sleeping.signal)
      this.#sleeping = undefined
    }
    this.#woken = false
  }
}
