import type { StateShape } from '../core/keyed-state.ts'
import type { HashRange } from '../core/shards.ts'
import type { StoredState } from '../state/entry.ts'
import { KeyedStateTable } from '../state/keyed-state-table.ts'
import type { SnapshotSource } from '../state/snapshot.ts'
import { ownCells } from './own-cells.ts'

interface NamedTable {
  readonly name: string
  readonly table: KeyedStateTable<unknown>
  /** the hash range whose keys it has; undefined if it has all */
  readonly lane: HashRange | undefined
}

/** All state of a task, by name of the operator. */
export class StateTables implements SnapshotSource {
  readonly #tables: NamedTable[] = []

  add<V>(name: string, shape: StateShape<V>, lane?: HashRange): KeyedStateTable<V> {
    const table = new KeyedStateTable(shape)
    this.#tables.push({ name, table: table as KeyedStateTable<unknown>, lane })
    return table
  }

  begin(careful: boolean): void {
    for (const { table } of this.#tables) table.begin(careful)
  }

  rollback(): void {
    for (const { table } of this.#tables) table.rollback()
  }

  get size(): number {
    return this.#tables.reduce((sum, { table }) => sum + table.size, 0)
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#tables.reduce((sum, { table }) => sum + table.bytes, 0)
  }

  changes(): StoredState {
    return this.#tables.map(({ name, table }) => [name, table.changes()])
  }

  segment(): StoredState {
    return this.#tables.map(({ name, table }) => [name, table.segment()])
  }

  everything(): StoredState {
    return this.#tables.map(({ name, table }) => [name, table.everything()])
  }

  snapshotTaken(): void {
    for (const { table } of this.#tables) table.snapshotTaken()
  }

  /** Puts stored state over what is there. */
  revive(state: StoredState): void {
    for (const [name, cells] of state) {
      for (const { table, lane } of this.#tables.filter((each) => each.name === name)) {
        table.revive(lane === undefined ? cells : ownCells(cells, lane))
      }
    }
  }
}
