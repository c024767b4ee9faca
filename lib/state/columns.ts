/** The values of a column, in their order; quotients as their numerators and denominators. */
export type Column =
  | { readonly values: readonly unknown[] }
  | { readonly numerators: readonly number[]; readonly denominators: Uint8Array }

/** Rows of one shape, side by side; without names one column holds them as they are. */
interface RowGroup {
  readonly names: readonly string[] | undefined
  readonly columns: readonly Column[]
}

/** Rows as columns: values of one kind lie together, of which zstd makes half as much as of rows. */
export interface Rows {
  readonly groups: readonly RowGroup[]
  /** the group of each row */
  readonly order: Column
}

/** A denominator is a byte. */
const MOST_DENOMINATOR = 255

/**
 * Means and ratios are quotients of small whole numbers: as such they take a third of the bytes of the
 * fractions, of which no compression makes much. Only what comes back exactly is kept so.
 */
export function columnOf(values: readonly unknown[]): Column {
  if (values.every((value) => Number.isInteger(value))) return { values }
  const numerators: number[] = []
  const denominators = new Uint8Array(values.length)
  for (const [index, value] of values.entries()) {
    const denominator = typeof value === 'number' ? denominatorOf(value) : undefined
    if (denominator === undefined) return { values }
    numerators.push(Math.round((value as number) * denominator))
    denominators[index] = denominator
  }
  return { numerators, denominators }
}

function denominatorOf(value: number): number | undefined {
  for (let denominator = 1; denominator <= MOST_DENOMINATOR; denominator++) {
    const numerator = Math.round(value * denominator)
    if (numerator / denominator === value) return Number.isSafeInteger(numerator) ? denominator : undefined
  }
  return undefined
}

export const valuesOf = (column: Column): readonly unknown[] =>
  'values' in column
    ? column.values
    : column.numerators.map((numerator, index) => numerator / (column.denominators[index] ?? 1))

export function rowsOf(rows: readonly unknown[]): Rows {
  const byShape = new Map<string, { names: readonly string[] | undefined; rows: unknown[]; index: number }>()
  const order = rows.map((row) => {
    const names = namesOf(row)
    const shape = JSON.stringify(names ?? null)
    let group = byShape.get(shape)
    if (group === undefined) {
      group = { names, rows: [], index: byShape.size }
      byShape.set(shape, group)
    }
    group.rows.push(row)
    return group.index
  })
  const groups = [...byShape.values()].map(({ names, rows: own }) => ({
    names,
    columns: names?.map((name) => columnOf(own.map((row) => (row as Record<string, unknown>)[name]))) ?? [
      columnOf(own),
    ],
  }))
  return { groups, order: columnOf(order) }
}

export function rowsIn({ groups, order }: Rows): unknown[] {
  const columns = groups.map((group) => group.columns.map(valuesOf))
  const next = groups.map(() => 0)
  return valuesOf(order).map((group) => {
    const index = group as number
    const place = next[index] ?? 0
    next[index] = place + 1
    const names = groups[index]?.names
    if (names === undefined) return columns[index]?.[0]?.[place]
    return Object.fromEntries(names.map((name, column) => [name, columns[index]?.[column]?.[place]]))
  })
}

/** The names of a plain object's values. One without any would have no column, and is kept as it is. */
function namesOf(row: unknown): readonly string[] | undefined {
  if (typeof row !== 'object' || row === null || Object.getPrototypeOf(row) !== Object.prototype)
    return undefined
  const names = Object.keys(row)
  return names.length === 0 || names.includes('__proto__') ? undefined : names
}
