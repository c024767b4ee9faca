import type { KinesisStreamEvent } from 'aws-lambda'
import { median } from './median.ts'

interface Held {
  n: number
  sum: number
}

/** The least that keyed state can do: decode a record, look its key up in a Map, keep a copy, add. */
export class PlainMap {
  readonly #held = new Map<string, Held>()
  readonly #times: number[] = []

  /** Medians, ms of CPU. */
  get median(): number {
    return median(this.#times)
  }

  fill({ Records }: KinesisStreamEvent): void {
    this.#add(Records)
  }

  time({ Records }: KinesisStreamEvent): void {
    const started = process.cpuUsage()
    this.#add(Records)
    const { user, system } = process.cpuUsage(started)
    this.#times.push((user + system) / 1_000)
  }

  #add(records: KinesisStreamEvent['Records']): Held[] {
    const before: Held[] = []
    for (const { kinesis } of records) {
      const { sensor, value } = JSON.parse(Buffer.from(kinesis.data, 'base64').toString())
      const held = this.#held.get(sensor)
      if (held === undefined) this.#held.set(sensor, { n: 1, sum: value })
      else {
        before.push({ ...held })
        held.n++
        held.sum += value
      }
    }
    return before
  }
}
