import { elementsIn } from '../../lib/core/counters.ts'
import type { DeadLetter } from '../../lib/core/dead-letter.ts'
import { plainJson } from '../../lib/core/plain-json.ts'
import { SOURCE } from '../../lib/runtime/plan.ts'
import { unaccounted } from './conservation.ts'
import { type FinalState, finalState } from './final-state.ts'
import { PLAIN, type Scenario, scenario } from './profile.ts'
import { World } from './world.ts'

/** What came of a seed. */
export interface Verdict {
  readonly seed: number
  /** how many steps it took */
  readonly steps: number
  /** what is wrong; undefined if all is as in a plain run */
  readonly failure: string | undefined
  /** kinds of what happened in it */
  readonly events: readonly string[]
}

/** Runs a seed: once in order and without faults, once as the seed says, and compares. */
export async function simulate(seed: number, trace?: string[]): Promise<Verdict> {
  const plan = scenario(seed)
  const plain = new World({ ...plan, profile: PLAIN }, undefined)
  await plain.run()
  const world = new World(plan, trace)
  trace?.push(describe(plan))
  await world.run()
  const { step, failure, events } = world.scheduler
  const verdict = (failure: string | undefined): Verdict => ({
    seed,
    steps: step,
    failure,
    events: [...events, `pipeline ${plan.pipeline}`],
  })
  if (plain.scheduler.failure !== undefined) return verdict(`the plain run: ${plain.scheduler.failure}`)
  return verdict(failure ?? (await difference(plain, world)))
}

async function difference(plain: World, world: World): Promise<string | undefined> {
  const found = world.sinks.contents()
  const wrong =
    world.scenario.pipeline === 'effectOnce'
      ? onceDifference(plain.sinks.contents(), found)
      : contentDifference(plain.sinks.contents(), found)
  if (wrong !== undefined) return wrong
  // Without a log nothing is committed: the tables are what was written.
  const committed = world.ledger.logged ? contentDifference(world.ledger.tables.contents(), found) : undefined
  if (committed !== undefined) return `not what the log says: ${committed}`
  const [states, expected] = [await finalState(world), await finalState(plain)]
  if (states.length !== expected.length) return `${states.length} tasks, expected ${expected.length}`
  for (const [index, state] of states.entries()) {
    const wrong = stateDifference(expected[index], state) ?? lost(world, state)
    if (wrong !== undefined) return `${state.task}: ${wrong}`
  }
  return undefined
}

type Contents = Readonly<Record<string, readonly unknown[]>>

function contentDifference(wanted: Contents, found: Contents): string | undefined {
  for (const [name, items] of Object.entries(wanted)) {
    const wrong = firstDifference(items, found[name] ?? [])
    if (wrong !== undefined) return `${name}: ${wrong}`
  }
  return undefined
}

/**
 * Effects that are never tried again: in place of an output there may be a dead letter that says that nobody
 * knows whether its effect happened.
 */
function onceDifference(wanted: Contents, found: Contents): string | undefined {
  const isUnknown = (letter: unknown): boolean => (letter as Letter)[1].error.name === 'UnknownOutcomeError'
  const unknown = (found.deadLetters ?? []).filter(isUnknown).map((letter) => causeOf(letter))
  const isKnown = (output: unknown): boolean => !unknown.includes(causeOf(output))
  if ((wanted.deadLetters ?? []).some(isUnknown)) return 'an outcome counts as unknown in a plain run'
  const known = (contents: Contents): Contents =>
    Object.fromEntries(Object.entries(contents).map(([name, items]) => [name, items.filter(isKnown)]))
  const both = (found.out ?? []).find((item) => !isKnown(item))
  if (both !== undefined) return `${plainJson(both)} is out, and its effect counts as unknown`
  return contentDifference(known(wanted), known(found))
}

type Letter = readonly [id: string, letter: DeadLetter]

/** The task and the record that the id of an item or of a dead letter names. */
function causeOf(output: unknown): string {
  const id = Array.isArray(output) ? (output as unknown as Letter)[0] : (output as { id: string }).id
  return id.split('.', 2).join('.')
}

function stateDifference(wanted: FinalState | undefined, found: FinalState): string | undefined {
  for (const name of Object.keys(found) as (keyof FinalState)[]) {
    const [a, b] = [plainJson(wanted?.[name]), plainJson(found[name])]
    if (a !== b) return `${name} is ${b}, expected ${a}`
  }
  return undefined
}

/** Every record is accounted for once, and every operator took what was made for it. */
function lost(world: World, { task, counters }: FinalState): string | undefined {
  const mapping = world.mappings.find(({ shardId }) => task.endsWith(shardId))
  const records = world.scenario.shards[mapping?.shard ?? -1]?.length
  const source = counters[SOURCE]
  if (source === undefined || elementsIn(source) !== records) {
    return `${source && elementsIn(source)} records are accounted for, of ${records}`
  }
  return unaccounted(world.newPipeline(), counters)
}

function firstDifference(wanted: readonly unknown[], found: readonly unknown[]): string | undefined {
  const expected = new Set(wanted.map(plainJson))
  const got = new Set(found.map(plainJson))
  const missing = [...expected].find((item) => !got.has(item))
  if (missing !== undefined) return `${missing} is missing (${found.length} items, expected ${wanted.length})`
  const extra = [...got].find((item) => !expected.has(item))
  return extra === undefined ? undefined : `${extra} is too much`
}

function describe({ seed, pipeline, shards, ringSize, ends, profile }: Scenario): string {
  const records = shards.map(({ length }) => length)
  return `seed ${seed}: ${plainJson({ pipeline, records, ringSize, ends, ...profile })}`
}
