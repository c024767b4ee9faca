import type { SinkTarget } from '../../lib/core/graph.ts'
import type { Item } from '../../lib/testing/memory-table.ts'

/**
 * Items as canonical JSON lines: the attributes in the order of the query, without the id that the sink adds,
 * the lines sorted. All text is ASCII, so that the order of code units is that of bytes.
 */
export function rowsOf(items: readonly Item[], { mode, key }: SinkTarget): string[] {
  const id = mode === 'append' ? key.at(-1) : undefined
  return items.map((item) => JSON.stringify(item, (name, value) => (name === id ? undefined : value))).sort()
}

/** The same of rows as a sink gets them, one after the other: with `upsert` the newest of each key is left. */
export function finalRows(rows: readonly unknown[], { mode, key }: SinkTarget): string[] {
  if (mode !== 'upsert') return rows.map((row) => JSON.stringify(row)).sort()
  const names = key.filter((name) => name !== undefined)
  const table = new Map(rows.map((row) => [JSON.stringify(row, names), row]))
  return [...table.values()].map((row) => JSON.stringify(row)).sort()
}
