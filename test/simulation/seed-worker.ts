import { registerHooks } from 'node:module'
import { parentPort, workerData } from 'node:worker_threads'
import { mutatedModules } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import type { Verdict } from './simulation.ts'
import { STAGE_MUTANTS } from './stages/mutants.ts'

/** What a worker is started with. */
export interface WorkerStart {
  /** name of the mutant that stands for the product */
  readonly mutant: string | undefined
  /** of the simulated pipelines: 1 or 2 */
  readonly stages: number
  /** whether the first failing seed ends a request */
  readonly untilFailure: boolean
}

/** Seeds to run, the second exclusive. */
export interface SeedRequest {
  readonly from: number
  readonly to: number
}

export interface SeedResult extends Verdict {
  /** what happened, step by step, if the seed failed */
  readonly schedule: readonly string[]
}

const { mutant: name, untilFailure, stages } = workerData as WorkerStart
if (name !== undefined) putInPlace(name)
// Only now: what it imports may be a mutant.
const simulate =
  stages === 1
    ? (await import('./simulation.ts')).simulate
    : (await import('./stages/simulation.ts')).simulateStages

// A promise of a killed process that nobody waits for: what matters is what the world sees.
let rejected: unknown
process.on('unhandledRejection', (error) => {
  rejected = error
})

parentPort?.on('message', async ({ from, to }: SeedRequest) => {
  const results: SeedResult[] = []
  for (let seed = from; seed < to; seed++) {
    const result = await run(seed)
    results.push(result)
    if (untilFailure && result.failure !== undefined) break
  }
  parentPort?.postMessage(results)
})

async function run(seed: number): Promise<SeedResult> {
  const verdict = await judged(seed)
  if (verdict.failure === undefined || untilFailure) return { ...verdict, schedule: [] }
  // A seed does the same each time: the schedule is only written down when it is wanted.
  const schedule: string[] = []
  await judged(seed, schedule)
  return { ...verdict, schedule }
}

/** An error that escapes the simulation is a failure like any other. */
async function judged(seed: number, schedule?: string[]): Promise<Verdict> {
  rejected = undefined
  const failed = (error: unknown): Verdict => {
    const failure = error instanceof Error ? (error.stack ?? error.message) : String(error)
    return { seed, steps: 0, failure, events: [] }
  }
  try {
    const verdict = await simulate(seed, schedule)
    return rejected === undefined || verdict.failure !== undefined ? verdict : failed(rejected)
  } catch (error) {
    return failed(error)
  }
}

function putInPlace(name: string): void {
  const mutant = [...MUTANTS, ...STAGE_MUTANTS].find((each) => each.name === name)
  if (mutant === undefined) throw new Error(`there is no mutant '${name}'`)
  const modules = mutatedModules(mutant)
  registerHooks({
    load: (url, context, nextLoad) => {
      const source = modules.get(url)
      return source === undefined
        ? nextLoad(url, context)
        : { source, format: 'module-typescript', shortCircuit: true }
    },
  })
}
