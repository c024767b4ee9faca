import type { Clock } from '../time/clock.ts'

const FIRST_MS = 100
const LONGEST_MS = 10_000

/** Exponential waiting between attempts: 100 ms, doubled each time up to 10 seconds, until `reset`. */
export class Backoff {
  readonly #clock: Clock
  readonly #signal: AbortSignal
  #next = FIRST_MS

  constructor(clock: Clock, signal: AbortSignal) {
    this.#clock = clock
    this.#signal = signal
  }

  reset(): void {
    this.#next = FIRST_MS
  }

  async wait(): Promise<void> {
    const ms = this.#next
    this.#next = Math.min(2 * ms, LONGEST_MS)
    await this.#clock.sleep(ms, this.#signal)
  }
}
