import { WHOLE_RANGE } from '../core/hash-key.ts'
import type { HashRange } from '../core/shards.ts'
import type { StoredState } from '../state/entry.ts'
import type { StoredCells } from '../state/keyed-state-table.ts'
import { SENT_SHAPE, sentRanges } from './exchange-sender.ts'
import { ownCells } from './own-cells.ts'
import type { Plan } from './plan.ts'
import { MARKS_SHAPE, type Marks } from './producers.ts'

/** What a sealed parent leaves to a task. */
export interface Estate {
  /** name of the parent */
  readonly task: string
  /** of its seal */
  readonly version: number
  /** its hash range */
  readonly range: HashRange
  readonly state: StoredState
}

/**
 * The state that a task of `range` begins with (protocol R29, R30): of each parent the cells whose keys are
 * its own, all cells of what no key belongs to, and what it knew of its producers.
 */
export function inheritedState(plan: Plan, estates: readonly Estate[], range: HashRange): StoredState {
  const from = plan.from?.state
  const to = new Set(plan.to.map(({ state }) => state))
  const shared = new Set(plan.shared)
  const states = estates.flatMap(({ state }) =>
    state.flatMap(([name, cells]): StoredState => {
      if (name === from || to.has(name)) return []
      return [[name, shared.has(name) ? cells : ownCells(cells, range)]]
    }),
  )
  const sent = [...to].map((name) => [name, sentBy(estates)] as const)
  return from === undefined
    ? [...states, ...sent]
    : [...states, ...sent, [from, marksOf(from, estates, range)]]
}

/** What is sent first follows on all parents' seals, which went to every hash key. */
const sentBy = (estates: readonly Estate[]): StoredCells => {
  const value = estates.map(({ task, version }) => ({ task, version }))
  return [[0, ['', SENT_SHAPE.store(sentRanges([{ range: WHOLE_RANGE, value }]))]]]
}

/** A producer's marks go with their hash range: of two parents each knew of its own one only. */
function marksOf(name: string, estates: readonly Estate[], range: HashRange): StoredCells {
  const marks = new Map<string, Marks>()
  for (const estate of estates) {
    for (const [, cells] of estate.state.filter(([each]) => each === name).flatMap(([, stored]) => stored)) {
      for (let index = 0; index < cells.length; index += 2) {
        const producer = cells[index] as string
        const known = MARKS_SHAPE.revive(cells[index + 1] as never)
          .restrict(estate.range)
          .restrict(range)
        marks.set(producer, marks.get(producer)?.overlay(known) ?? known)
      }
    }
  }
  return [[0, [...marks].flatMap(([producer, known]) => [producer, MARKS_SHAPE.store(known)])]]
}
