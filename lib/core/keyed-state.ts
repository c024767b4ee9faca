/** One value of keyed state: of one key in one namespace (for a window operator, the window's start). */
export interface Cell<V> {
  readonly namespace: number
  readonly key: string
  /** Call `touch` before changing it, or what it holds. */
  value: V
}

/**
 * How values of a state are copied (to be able to go back) and stored. Stored forms are plain data, and
 * never `null`: that stands for a cell that was removed.
 */
export interface StateShape<V> {
  copy(value: V): V
  store(value: V): NonNullable<unknown>
  revive(stored: never): V
}

/** An operator's state, by namespace and key, as the operator sees it. */
export interface KeyedState<V> {
  readonly namespaces: Iterable<number>
  /** All cells of a namespace, in no particular order. */
  cells(namespace: number): Iterable<Cell<V>>
  get(namespace: number, key: string): Cell<V> | undefined
  create(namespace: number, key: string, value: V): Cell<V>
  /** Says that the cell is about to change: it will be part of the next log entry. */
  touch(cell: Cell<V>): void
  /** Forgets one cell; the next log entry says so. Its place can be taken by a new one. */
  remove(cell: Cell<V>): void
  /** Forgets a namespace that the watermark alone tells is over: the log needs no word of it. */
  drop(namespace: number): void
  /** Says that a new element begins: what `revert` takes back is what comes after this. */
  mark(): void
  /** Takes back the current element's changes, when the operator's user code threw in the middle. */
  revert(): void
  /** How many cells there are. */
  readonly size: number
}
