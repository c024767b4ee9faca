import { plainJson } from '../../../lib/core/plain-json.ts'
import type { Verdict } from '../simulation.ts'
import { stagesScenario } from './scenario.ts'
import { StagesWorld } from './world.ts'

/**
 * Runs a seed over two stages, and compares with a straight computation (protocol R33): each pane of each key
 * and window exactly once, and nothing late or failed, for no record is.
 */
export async function simulateStages(seed: number, trace?: string[]): Promise<Verdict> {
  const scenario = stagesScenario(seed)
  const world = new StagesWorld(scenario, trace)
  trace?.push(`seed ${seed}: ${plainJson(scenario)}`)
  await world.run()
  const { step, failure, events } = world.scheduler
  return {
    seed,
    steps: step,
    failure: failure ?? difference(world),
    events: [...events, `pipeline ${scenario.pipeline}`],
  }
}

function difference({ sinks, staged, sent }: StagesWorld): string | undefined {
  const { out = [], deadLetters = [] } = sinks.contents()
  if (deadLetters.length > 0) return `dead letters: ${plainJson(deadLetters[0])}`
  const found = out.map((item) => {
    const { id, ...pane } = item as { readonly id: string }
    return plainJson(pane)
  })
  const wanted = new Set(staged.straight(sent).map(plainJson))
  for (const pane of found) {
    if (!wanted.delete(pane)) return `${pane} is too much, or twice`
  }
  const [missing] = wanted
  return missing === undefined ? undefined : `${missing} is missing (${found.length} panes)`
}
