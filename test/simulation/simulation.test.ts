import { expect, test } from 'vitest'
import { addressOf, MUTANTS, mutatedModules } from './mutants.ts'
import { simulate } from './simulation.ts'

/** `npm run simulate` does more, and the mutants. */
const SEEDS = 200

test('whatever happens on the way, sinks and state are those of a run in order', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await simulate(seed)
    expect(failure, `npm run simulate -- --seeds 1 --from ${seed}`).toBeUndefined()
  }
}, 60_000)

test('a seed always gives the same schedule', async () => {
  for (const seed of [3, 12, 48, 167]) {
    const [first, second]: [string[], string[]] = [[], []]
    const verdict = await simulate(seed, first)
    expect(first.length).toBeGreaterThan(20)
    expect(await simulate(seed, second)).toEqual(verdict)
    expect(second).toEqual(first)
  }
})

test('seeds differ', async () => {
  const [first, second]: [string[], string[]] = [[], []]
  await simulate(1, first)
  await simulate(2, second)
  expect(second).not.toEqual(first)
})

test.each(MUTANTS)('the mutant "$name" still finds the places that it changes', (mutant) => {
  const modules = mutatedModules(mutant)
  expect([...modules.keys()]).toEqual([...new Set(mutant.changes.map(({ file }) => addressOf(file)))])
})
