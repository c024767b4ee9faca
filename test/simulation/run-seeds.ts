import { Worker } from 'node:worker_threads'
import type { SeedRequest, SeedResult, WorkerStart } from './seed-worker.ts'

/** Seeds in one request: a worker is idle for no more than the time of so many. */
const PER_REQUEST = 20

export interface RunOptions {
  readonly from: number
  readonly seeds: number
  readonly workers: number
  /** of the simulated pipelines: 1 or 2 */
  readonly stages: number
  /** name of a mutant to simulate in place of the product */
  readonly mutant?: string | undefined
  /** whether to end with the first failing seed */
  readonly untilFailure?: boolean
  /** told of each failing seed */
  readonly onFailure?: (result: SeedResult) => void
}

/** What many seeds came to. */
export interface Outcome {
  readonly seeds: number
  readonly failures: number
  readonly steps: number
  /** how many seeds met with what */
  readonly events: ReadonlyMap<string, number>
}

/** Runs seeds in threads. */
export async function runSeeds(options: RunOptions): Promise<Outcome> {
  const { from, seeds, workers, stages, mutant, untilFailure = false, onFailure } = options
  const end = from + seeds
  const events = new Map<string, number>()
  const outcome = { seeds: 0, failures: 0, steps: 0, events }
  let next = from
  let stopped = false

  const take = (result: SeedResult): void => {
    outcome.seeds++
    outcome.steps += result.steps
    for (const event of result.events) events.set(event, (events.get(event) ?? 0) + 1)
    if (result.failure === undefined) return
    outcome.failures++
    if (untilFailure) stopped = true
    onFailure?.(result)
  }

  const request = (): SeedRequest | undefined => {
    if (stopped || next >= end) return undefined
    const first = next
    next = Math.min(end, next + PER_REQUEST)
    return { from: first, to: next }
  }

  const work = async (): Promise<void> => {
    const start: WorkerStart = { mutant, stages, untilFailure }
    const worker = new Worker(new URL('seed-worker.ts', import.meta.url), { workerData: start })
    try {
      for (let each = request(); each !== undefined; each = request()) {
        worker.postMessage(each)
        for (const result of await answer(worker)) take(result)
      }
    } finally {
      await worker.terminate()
    }
  }

  await Promise.all(Array.from({ length: workers }, work))
  return outcome
}

function answer(worker: Worker): Promise<readonly SeedResult[]> {
  return new Promise((resolve, reject) => {
    worker.once('error', reject)
    worker.once('message', (results: readonly SeedResult[]) => {
      worker.off('error', reject)
      resolve(results)
    })
  })
}
