import { Worker } from 'node:worker_threads'
import {
  MAX_AHEAD,
  PRODUCER_RESOURCE_LIMITS,
  type ProducerCommand,
  type ProducerData,
  type ProducerReport,
} from './producer-messages.ts'

/** The producer, in a thread of its own, kept a bounded number of records ahead of the slowest function. */
export class FlightsProducer {
  /** flights put, of all that there are or will be put */
  produced = 0
  total = 0
  readonly #worker: Worker
  readonly #exited: Promise<void>
  readonly #paused = Promise.withResolvers<void>()
  #granted: number

  /** @param held records that the stream holds already */
  constructor(data: ProducerData, held: number) {
    this.#granted = held
    this.#worker = new Worker(new URL('./producer.ts', import.meta.url), {
      workerData: data,
      resourceLimits: PRODUCER_RESOURCE_LIMITS,
    })
    this.#exited = new Promise((resolve) => {
      this.#worker.once('exit', () => resolve())
    })
    this.#worker.on('error', this.#paused.reject)
    this.#worker.on('message', (report: ProducerReport) => {
      if (report.type === 'progress') {
        this.produced = report.offset
        this.total = Math.min(report.total, data.limit)
      } else if (report.type === 'paused') this.#paused.resolve()
    })
  }

  /** Resolves at the limit; rejects if the producer fails. */
  paused(): Promise<void> {
    return this.#paused.promise
  }

  /** Tells how many records of the stream, since its beginning, the slowest function has done. */
  done(records: number): void {
    const more = records + MAX_AHEAD - this.#granted
    if (more <= 0) return
    this.#granted += more
    this.#send({ type: 'credit', records: more })
  }

  /** Stops after the put at work. */
  async stop(): Promise<void> {
    this.#send({ type: 'stop' })
    await this.#exited
  }

  #send(command: ProducerCommand): void {
    this.#worker.postMessage(command)
  }
}
