import { hashKeyOf, isInRange } from '../core/hash-key.ts'
import type { HashRange } from '../core/shards.ts'
import type { StoredCells } from '../state/keyed-state-table.ts'

/** Of stored cells, those whose keys are in a hash range. */
export const ownCells = (stored: StoredCells, range: HashRange): StoredCells =>
  stored.map(([namespace, cells]) => {
    const own: unknown[] = []
    for (let index = 0; index < cells.length; index += 2) {
      const key = cells[index] as string
      if (isInRange(range, hashKeyOf(key))) own.push(key, cells[index + 1])
    }
    return [namespace, own] as const
  })
