import type { Clock } from '../../lib/time/clock.ts'

/** What a step of the scheduler takes. */
const MS_PER_STEP = 100

/** The time of a simulated world: it goes on by steps. */
export class SimClock implements Clock {
  #now: number
  readonly #sleepers = new Map<() => void, number>()

  constructor(start: number) {
    this.#now = start
  }

  now(): number {
    return this.#now
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    if (!(ms > 0) || signal?.aborted) resolve()
    else this.#sleepers.set(resolve, this.#now + ms)
    signal?.addEventListener('abort', () => {
      this.#sleepers.delete(resolve)
      resolve()
    })
    return promise
  }

  step(): void {
    this.#now += MS_PER_STEP
    for (const [wake, at] of this.#sleepers) {
      if (at > this.#now) continue
      this.#sleepers.delete(wake)
      wake()
    }
  }
}
