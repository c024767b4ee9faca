import type { Cursor } from '../core/cursor.ts'
import type { Receiver } from '../core/graph.ts'
import { hashKeyOf, isInRange } from '../core/hash-key.ts'
import { type RangeEntry, RangeMap } from '../core/range-map.ts'
import type { HashRange } from '../core/shards.ts'
import type { StoredLanes } from '../state/entry.ts'

/** A hash range in which time is ahead of the task's: epoch ms. */
export type Lane = RangeEntry<number>

const same = (a: number, b: number): boolean => a === b

/** What an entry holds of lanes; nothing once the task's watermark has caught up with all of them. */
export function storedLanes(lanes: readonly Lane[], watermark: number): StoredLanes | undefined {
  return lanes.some(({ value }) => value > watermark) ? new RangeMap(same, lanes).stored() : undefined
}

export const revivedLanes = (stored: StoredLanes = []): readonly Lane[] =>
  RangeMap.revive(same, stored).entries

/**
 * The lanes of a task that inherits from several parents (protocol R31): in each of their ranges time is where
 * the parent had it, so that what it fired is not fired again, and what was late for it is late.
 * @param parents with their ranges and watermarks, and the lanes that they had themselves
 */
export function inheritedLanes(
  parents: readonly {
    readonly range: HashRange
    readonly watermark: number
    readonly lanes: readonly Lane[]
  }[],
  range: HashRange,
): readonly Lane[] {
  let map = new RangeMap<number>(same)
  for (const parent of parents) {
    map = map.update(parent.range, parent.watermark, () => parent.watermark)
    for (const lane of parent.lanes) {
      map = map.update(lane.range, lane.value, () => Math.max(lane.value, parent.watermark))
    }
  }
  return map.restrict(range).entries
}

/** Sends each element to the operators of the lane that its key is in; in each, time never falls behind it. */
export function laneSwitch(
  lanes: readonly Lane[],
  heads: readonly Receiver<unknown>[],
  cursor: Cursor,
): Receiver<unknown> {
  const all = lanes.map(({ range, value }, index) => ({ range, least: value, head: heads[index] }))
  return {
    push: (value) => {
      const hashKey = hashKeyOf(cursor.key)
      all.find(({ range }) => isInRange(range, hashKey))?.head?.push(value)
    },
    advance: (watermark) => {
      for (const { least, head } of all) head?.advance(Math.max(watermark, least))
    },
    restore: (watermark) => {
      for (const { least, head } of all) head?.restore(Math.max(watermark, least))
    },
  }
}
