import type { Counters } from '../../lib/core/counters.ts'
import { planOf } from '../../lib/runtime/plan.ts'
import { TaskGraph } from '../../lib/runtime/task-graph.ts'
import type { Progress, StoredState } from '../../lib/state/entry.ts'
import { loadLog } from '../../lib/state/load-log.ts'
import { MemoryClaimStore } from '../../lib/state/memory-claims.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import type { World } from './world.ts'

/** What a task's log says at the end. */
export interface FinalState {
  readonly task: string
  readonly progress: Progress
  readonly counters: Readonly<Record<string, Counters>>
  readonly state: readonly (readonly [operator: string, namespace: number, key: string, value: unknown])[]
}

/** The state of each task, as its log has it. */
export async function finalState(world: World): Promise<FinalState[]> {
  return Promise.all(world.ledger.tasks.map((task) => stateOf(world, task)))
}

async function stateOf(world: World, task: string): Promise<FinalState> {
  const loaded = await loadLog(world.store, world.blobs, task)
  if (loaded === undefined) throw new Error(`${task} has no log`)
  const { entry, snapshot, changes } = loaded
  const { epoch, sequenceNumber, subSequence, watermark, arrival, arrivalWatermark, tick, counters } = entry
  const plan = planOf(world.newPipeline())
  const graph = new TaskGraph(plan, plan.pipeline.sources[0], {
    codeVersion: '1',
    claims: new MemoryClaimStore(),
    clock: new VirtualClock(),
  })
  for (const state of [...snapshot, ...changes]) graph.state.revive(state)
  graph.restore(counters, watermark)
  return {
    task,
    progress: { epoch, sequenceNumber, subSequence, watermark, arrival, arrivalWatermark, tick },
    counters,
    state: cellsOf(graph.state.everything()),
  }
}

const cellsOf = (stored: StoredState): FinalState['state'] =>
  stored
    .flatMap(([operator, namespaces]) =>
      namespaces.flatMap(([namespace, cells]) =>
        Array.from({ length: cells.length / 2 }, (_, index) => {
          return [operator, namespace, String(cells[2 * index]), cells[2 * index + 1]] as const
        }),
      ),
    )
    .sort(([a, b, c], [x, y, z]) => (a === x ? b - y || (c < z ? -1 : 1) : a < x ? -1 : 1))
