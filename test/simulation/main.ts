import { availableParallelism } from 'node:os'
import { parseArgs } from 'node:util'
import { EVENTS } from './events.ts'
import { MUTANTS } from './mutants.ts'
import { runSeeds } from './run-seeds.ts'
import type { SeedResult } from './seed-worker.ts'
import { STAGE_MUTANTS } from './stages/mutants.ts'

const HELP = `Usage: npm run simulate -- [options]

  --seeds N     how many seeds (3000)
  --from S      the first seed (1)
  --stages N    1: one stage on shards that stay; 2: two, an exchange between them, streams that are resharded (1)
  --workers N   threads (one per core)
  --events      how many seeds met with what
  --mutants     switch rules of the protocol off, one by one: each must be caught within the seeds
  --only X      of the mutants, those whose name contains X
  --with X      the mutant X in place of the product
`
/** Schedules of more failing seeds are not printed. */
const MOST_SCHEDULES = 3
/** In so many seeds all that can happen must have happened. */
const SEEDS_FOR_ALL_EVENTS = 3_000

const { values } = parseArgs({
  options: {
    seeds: { type: 'string', default: '3000' },
    from: { type: 'string', default: '1' },
    stages: { type: 'string', default: '1' },
    workers: { type: 'string', default: String(availableParallelism()) },
    events: { type: 'boolean', default: false },
    mutants: { type: 'boolean', default: false },
    only: { type: 'string', default: '' },
    with: { type: 'string' },
    help: { type: 'boolean', default: false },
  },
})
const number = (text: string): number => {
  const number = Number(text)
  if (!Number.isInteger(number) || number < 0) throw new RangeError(`expected a whole number, got '${text}'`)
  return number
}
const [seeds, from, workers] = [number(values.seeds), number(values.from), number(values.workers)]
const stages = number(values.stages)
if (stages !== 1 && stages !== 2) throw new RangeError(`expected 1 or 2 stages, got '${values.stages}'`)
const began = performance.now()
const seconds = (): string => `${((performance.now() - began) / 1_000).toFixed(1)} s`

if (values.help) console.log(HELP)
else if (values.mutants) await huntMutants(values.only)
else await runAll()

async function runAll(): Promise<void> {
  const mutant = values.with
  let shown = 0
  const onFailure = ({ seed, failure, schedule }: SeedResult): void => {
    if (shown++ < MOST_SCHEDULES) console.log(`${schedule.join('\n')}\n`)
    const again = `npm run simulate -- ${stages === 2 ? '--stages 2 ' : ''}--seeds 1 --from ${seed}${mutant ? ` --with '${mutant}'` : ''}`
    console.log(`seed ${seed}: ${failure}\n  ${again}\n`)
  }
  const { failures, steps, events } = await runSeeds({ from, seeds, workers, stages, mutant, onFailure })
  if (values.events) {
    for (const [event, count] of [...events].sort(([, a], [, b]) => a - b)) console.log(`${count} ${event}`)
  }
  const missed =
    seeds < SEEDS_FOR_ALL_EVENTS || stages === 2 ? [] : EVENTS.filter((event) => !events.has(event))
  if (missed.length > 0) console.log(`no seed met with: ${missed.join('; ')}`)
  console.log(`${seeds} seeds from ${from} on: ${failures} failures, ${seconds()}, ${steps} steps`)
  if (failures > 0 || missed.length > 0) process.exitCode = 1
}

/** Each mutant gets the seeds until one fails. */
async function huntMutants(part: string): Promise<void> {
  const hunted = (stages === 1 ? MUTANTS : STAGE_MUTANTS).filter(({ name }) => name.includes(part))
  const queue = [...hunted]
  let escaped = 0
  const hunt = async (): Promise<void> => {
    for (let mutant = queue.shift(); mutant !== undefined; mutant = queue.shift()) {
      const { name } = mutant
      let first: SeedResult | undefined
      const outcome = await runSeeds({
        from,
        seeds,
        workers: 1,
        stages,
        mutant: name,
        untilFailure: true,
        onFailure: (result) => {
          first ??= result
        },
      })
      if (first === undefined) escaped++
      const [reason = ''] = (first?.failure ?? '').split('\n')
      const caught = first && `${outcome.seeds} seeds: ${name} (${reason.slice(0, 100)})`
      console.log(caught ?? `ESCAPED ${seeds} seeds: ${name}`)
    }
  }
  await Promise.all(Array.from({ length: workers }, hunt))
  console.log(`${hunted.length} mutants: ${hunted.length - escaped} caught, ${escaped} escaped, ${seconds()}`)
  if (escaped > 0 || hunted.length === 0) process.exitCode = 1
}
