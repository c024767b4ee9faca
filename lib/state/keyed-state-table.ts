import type { Cell, KeyedState, StateShape } from '../core/keyed-state.ts'
import { CellBytes } from './cell-bytes.ts'

/** Stored cells of one operator, by namespace: key, value, key, value, …; `null` for a removed one. */
export type StoredCells = readonly (readonly [namespace: number, cells: readonly unknown[]])[]

/** Thrown to run the batch again so carefully that a single element's changes can be taken back. */
export class NeedsCare extends Error {}

class Namespace<V> {
  readonly cells = new Map<string, TableCell<V>>()
  dropped = false
}

class TableCell<V> implements Cell<V> {
  readonly namespace: number
  readonly key: string
  readonly home: Namespace<V>
  value: V
  /** the batch that touched it last */
  stamp: number
  /** the segment that it was stored in first, and the one that it is part of; 0 before it is stored */
  since = 0
  segment = 0
  /** false once it was taken back, or removed */
  live = true
  constructor(namespace: number, key: string, home: Namespace<V>, value: V, stamp: number) {
    this.namespace = namespace
    this.key = key
    this.home = home
    this.value = value
    this.stamp = stamp
  }
}

type Change<V> =
  | { readonly kind: 'created'; readonly cell: TableCell<V> }
  | { readonly kind: 'changed'; readonly cell: TableCell<V>; readonly before: V }
  | { readonly kind: 'removed'; readonly cell: TableCell<V> }
  | { readonly kind: 'dropped'; readonly namespace: number; readonly home: Namespace<V> }

/**
 * An operator's state in memory, with what it takes to go back: a copy of each cell at its first touch in
 * a batch, and in a careful run also at each touch by an element.
 */
export class KeyedStateTable<V> implements KeyedState<V> {
  readonly #shape: StateShape<V>
  readonly #namespaces = new Map<number, Namespace<V>>()
  #stamp = 1
  #batch: Change<V>[] = []
  #element: Change<V>[] = []
  #careful = false
  #segment = 1
  /** the cells that changed since the last snapshot */
  #unsnapshotted: TableCell<V>[] = []
  #size = 0
  readonly #cellBytes = new CellBytes()

  constructor(shape: StateShape<V>) {
    this.#shape = shape
  }

  get namespaces(): Iterable<number> {
    return this.#namespaces.keys()
  }

  get size(): number {
    return this.#size
  }

  /** About how much memory it takes. */
  get bytes(): number {
    return this.#size * this.#cellBytes.mean
  }

  cells(namespace: number): Iterable<Cell<V>> {
    return this.#namespaces.get(namespace)?.cells.values() ?? []
  }

  get(namespace: number, key: string): TableCell<V> | undefined {
    return this.#namespaces.get(namespace)?.cells.get(key)
  }

  create(namespace: number, key: string, value: V): TableCell<V> {
    const cell = this.#put(namespace, key, value, this.#stamp)
    this.#batch.push({ kind: 'created', cell })
    if (this.#careful) this.#element.push({ kind: 'created', cell })
    return cell
  }

  touch(cell: TableCell<V>): void {
    if (cell.stamp !== this.#stamp) {
      cell.stamp = this.#stamp
      this.#batch.push({ kind: 'changed', cell, before: this.#shape.copy(cell.value) })
    }
    if (this.#careful) this.#element.push({ kind: 'changed', cell, before: this.#shape.copy(cell.value) })
  }

  remove(cell: TableCell<V>): void {
    this.#takeOut(cell)
    this.#batch.push({ kind: 'removed', cell })
    if (this.#careful) this.#element.push({ kind: 'removed', cell })
  }

  drop(namespace: number): void {
    const home = this.#namespaces.get(namespace)
    if (home === undefined) return
    this.#namespaces.delete(namespace)
    this.#size -= home.cells.size
    home.dropped = true
    this.#batch.push({ kind: 'dropped', namespace, home })
  }

  mark(): void {
    if (this.#careful) this.#element = []
  }

  revert(): void {
    if (!this.#careful) throw new NeedsCare()
    this.#undo(this.#element)
    this.#element = []
  }

  /** Begins a batch: `rollback` comes back to this moment. */
  begin(careful: boolean): void {
    this.#careful = careful
    this.#stamp++
    this.#batch = []
    this.#element = []
  }

  /** Takes back everything since `begin`. */
  rollback(): void {
    this.#undo(this.#batch)
    this.begin(false)
  }

  /** What changed since `begin`: the state of the next log entry. */
  changes(): StoredCells {
    const touched = new Set<TableCell<V>>()
    for (const change of this.#batch) {
      // The log need not hear of a cell that came and went within the batch.
      if (change.kind !== 'dropped' && (change.cell.live || change.cell.since > 0)) touched.add(change.cell)
    }
    for (const cell of touched) this.#joinSegment(cell)
    return this.#stored(touched)
  }

  /** What changed since the last snapshot: a segment of the next one. */
  segment(): StoredCells {
    // Nor need a snapshot of one that came and went since the last.
    return this.#stored(this.#unsnapshotted.filter(({ live, since }) => live || since < this.#segment))
  }

  /** All there is: a whole snapshot. */
  everything(): StoredCells {
    return this.#stored(this.#allCells())
  }

  /** A snapshot has been taken: the next segment starts here. */
  snapshotTaken(): void {
    this.#segment++
    this.#unsnapshotted = []
  }

  /** Puts stored cells over what is there: a snapshot, a segment or the changes of an entry. */
  revive(stored: StoredCells): void {
    for (const [namespace, cells] of stored) {
      for (let index = 0; index < cells.length; index += 2) {
        this.#reviveCell(namespace, cells[index] as string, cells[index + 1])
      }
    }
  }

  #reviveCell(namespace: number, key: string, stored: unknown): void {
    if (stored === null) {
      const removed = this.get(namespace, key)
      if (removed === undefined) return
      this.#takeOut(removed)
      this.#joinSegment(removed)
      return
    }
    this.#cellBytes.sample(key, stored)
    this.#joinSegment(this.#put(namespace, key, this.#shape.revive(stored as never), 0))
  }

  #joinSegment(cell: TableCell<V>): void {
    if (cell.segment === this.#segment) return
    cell.segment = this.#segment
    if (cell.since === 0) cell.since = this.#segment
    this.#unsnapshotted.push(cell)
  }

  *#allCells(): Generator<TableCell<V>> {
    for (const home of this.#namespaces.values()) yield* home.cells.values()
  }

  #put(namespace: number, key: string, value: V, stamp: number): TableCell<V> {
    let home = this.#namespaces.get(namespace)
    if (home === undefined) {
      home = new Namespace()
      this.#namespaces.set(namespace, home)
    }
    const known = home.cells.get(key)
    if (known !== undefined) {
      known.value = value
      return known
    }
    const cell = new TableCell(namespace, key, home, value, stamp)
    home.cells.set(key, cell)
    this.#size++
    return cell
  }

  #undo(changes: readonly Change<V>[]): void {
    for (const change of changes.toReversed()) {
      if (change.kind === 'changed') change.cell.value = change.before
      else if (change.kind === 'created') this.#takeOut(change.cell)
      else if (change.kind === 'removed') this.#putBack(change.cell)
      else {
        this.#namespaces.set(change.namespace, change.home)
        this.#size += change.home.cells.size
        change.home.dropped = false
      }
    }
  }

  #takeOut(cell: TableCell<V>): void {
    if (!cell.live) return
    const { namespace, key, home } = cell
    cell.live = false
    home.cells.delete(key)
    if (home.dropped) return
    this.#size--
    if (home.cells.size === 0) this.#namespaces.delete(namespace)
  }

  #putBack(cell: TableCell<V>): void {
    if (cell.live) return
    cell.live = true
    cell.home.cells.set(cell.key, cell)
    this.#namespaces.set(cell.namespace, cell.home)
    this.#size++
  }

  #stored(cells: Iterable<TableCell<V>>): StoredCells {
    const byNamespace = new Map<number, unknown[]>()
    for (const cell of cells) {
      const { namespace, key, home, live, value } = cell
      // A window that is over is not part of the state, and a removed cell may have been followed by another.
      if (home.dropped || (!live && this.get(namespace, key) !== undefined)) continue
      let list = byNamespace.get(namespace)
      if (list === undefined) {
        list = []
        byNamespace.set(namespace, list)
      }
      const stored = live ? this.#shape.store(value) : null
      if (live) this.#cellBytes.sample(key, stored)
      list.push(key, stored)
    }
    return [...byNamespace]
  }
}
