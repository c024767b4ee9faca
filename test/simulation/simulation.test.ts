import { spawnSync } from 'node:child_process'
import { stripTypeScriptTypes } from 'node:module'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { addressOf, mutatedModules } from './mutant.ts'
import { MUTANTS } from './mutants.ts'
import { simulate } from './simulation.ts'
import { STAGE_MUTANTS } from './stages/mutants.ts'
import { simulateStages } from './stages/simulation.ts'

/** `.ci/run` simulates more, and the mutants. */
const SEEDS = 150
const STAGED_SEEDS = 40

test('whatever happens on the way, sinks and state are those of a run in order', async () => {
  for (let seed = 1; seed <= SEEDS; seed++) {
    const { failure } = await simulate(seed)
    expect(failure, `npm run simulate -- --seeds 1 --from ${seed}`).toBeUndefined()
  }
}, 120_000)

test('over two stages, whatever happens on the way, each pane comes once, as computed straight', async () => {
  for (let seed = 1; seed <= STAGED_SEEDS; seed++) {
    const { failure } = await simulateStages(seed)
    expect(failure, `npm run simulate -- --stages 2 --seeds 1 --from ${seed}`).toBeUndefined()
  }
}, 120_000)

test('a seed always gives the same schedule, and others give others', async () => {
  const seen = new Set<string>()
  for (const seed of [3, 12, 48, 167]) {
    const [first, second]: [string[], string[]] = [[], []]
    const verdict = await simulate(seed, first)
    expect(first.length).toBeGreaterThan(20)
    expect(await simulate(seed, second)).toEqual(verdict)
    expect(second).toEqual(first)
    seen.add(first.join('\n'))
    const [staged, again]: [string[], string[]] = [[], []]
    expect(await simulateStages(seed, staged)).toEqual(await simulateStages(seed, again))
    expect(again).toEqual(staged)
    seen.add(staged.join('\n'))
  }
  expect(seen.size).toBe(8)
}, 60_000)

test('a failing seed prints its schedule and how to see it again, and the command fails', () => {
  const mutant = 'R3: outputs are published before the commit'
  const { status, stdout } = run('--seeds', '1', '--from', '5', '--workers', '1', '--with', mutant)
  expect(stdout).toMatch(/^seed 5: \{"pipeline":/)
  expect(stdout).toMatch(/^1 b\d+\.i\d+ gets 0-\d+ of shard \d$/m)
  expect(stdout).toContain(`npm run simulate -- --seeds 1 --from 5 --with '${mutant}'\n`)
  expect(stdout.trim().split('\n').at(-1)).toMatch(/^1 seeds from 5 on: 1 failures, \d+\.\d s, \d+ steps$/)
  expect(status).toBe(1)
}, 60_000)

test('a mutant that no seed catches makes the hunt fail', () => {
  const { status, stdout } = run('--mutants', '--only', 'R8: an entry does not wait', '--seeds', '1')
  expect(stdout).toMatch(/^ESCAPED 1 seeds: R8.*\n1 mutants: 0 caught, 1 escaped, \d+\.\d s$/m)
  expect(status).toBe(1)
}, 60_000)

test.each([...MUTANTS, ...STAGE_MUTANTS])('the mutant "$name" changes what it means to change', (mutant) => {
  const modules = mutatedModules(mutant)
  expect([...modules.keys()]).toEqual([...new Set(mutant.changes.map(({ file }) => addressOf(file)))])
  for (const source of modules.values()) expect(() => stripTypeScriptTypes(source)).not.toThrow()
})

const run = (...options: readonly string[]) =>
  spawnSync(
    process.execPath,
    ['-C', '@millrace/source', fileURLToPath(new URL('main.ts', import.meta.url)), ...options],
    { encoding: 'utf8' },
  )
