import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { KeyedStateTable, NeedsCare, type StoredCells } from '../../lib/state/keyed-state-table.ts'

interface Box {
  values: number[]
}

const newTable = (): KeyedStateTable<Box> =>
  new KeyedStateTable<Box>({
    copy: ({ values }) => ({ values: [...values] }),
    store: ({ values }) => [...values],
    revive: (values: number[]) => ({ values: [...values] }),
  })

/** What a table holds, as plain data. */
const contents = (table: KeyedStateTable<Box>): Record<string, readonly number[]> => {
  const held: Record<string, readonly number[]> = {}
  for (const namespace of [...table.namespaces].sort()) {
    const cells = [...table.cells(namespace)].sort((a, b) => (a.key < b.key ? -1 : 1))
    for (const { key, value } of cells) held[`${namespace}/${key}`] = [...value.values]
  }
  return held
}

/** Adds a number to a cell, in place, as an operator does. */
function add(table: KeyedStateTable<Box>, namespace: number, key: string, n: number): void {
  table.mark()
  const cell = table.get(namespace, key)
  if (cell === undefined) {
    table.create(namespace, key, { values: [n] })
    return
  }
  table.touch(cell)
  cell.value.values.push(n)
}

/** Removes a cell, if it is there. */
function remove(table: KeyedStateTable<Box>, namespace: number, key: string): void {
  const cell = table.get(namespace, key)
  if (cell !== undefined) table.remove(cell)
}

/** Removes a cell and makes a new one in its place, as one element's change. */
function replace(table: KeyedStateTable<Box>, namespace: number, key: string, n: number): void {
  table.mark()
  remove(table, namespace, key)
  table.create(namespace, key, { values: [n] })
}

const stored = (cells: StoredCells): Record<string, unknown> => {
  const table = newTable()
  table.revive(cells)
  return contents(table)
}

const namespace = fc.integer({ min: 0, max: 2 })
const key = fc.constantFrom('a', 'b', 'c')
const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), namespace, key }),
  fc.record({ kind: fc.constant('add and take back' as const), namespace, key }),
  fc.record({
    kind: fc.constantFrom('remove' as const, 'remove and take back' as const),
    namespace,
    key,
  }),
  fc.record({
    kind: fc.constantFrom('replace' as const, 'replace and take back' as const),
    namespace,
    key,
  }),
  fc.record({ kind: fc.constant('drop' as const), namespace }),
)
type Operation = typeof operation extends fc.Arbitrary<infer Value> ? Value : never
const batches = fc.array(
  fc.record({
    operations: fc.array(operation, { maxLength: 12 }),
    rollback: fc.boolean(),
    snapshot: fc.boolean(),
    reload: fc.boolean(),
  }),
  { maxLength: 12 },
)

let counter = 0

function apply(table: KeyedStateTable<Box>, each: Operation): void {
  if (each.kind === 'drop') {
    table.drop(each.namespace)
    return
  }
  table.mark()
  if (each.kind.startsWith('add')) add(table, each.namespace, each.key, counter++)
  else if (each.kind.startsWith('remove')) remove(table, each.namespace, each.key)
  else replace(table, each.namespace, each.key, counter++)
  if (each.kind.endsWith('take back')) table.revert()
}

describe('Over any batches', () => {
  test('a rollback, a taken back element, a removed cell and a dropped namespace leave what they must', () => {
    fc.assert(
      fc.property(batches, (all) => {
        const table = newTable()
        const model: Record<string, number[]> = {}
        for (const { operations, rollback } of all) {
          const before = structuredClone(model)
          table.begin(true)
          for (const each of operations) {
            const place = 'key' in each ? `${each.namespace}/${each.key}` : ''
            if (each.kind === 'add') model[place] = [...(model[place] ?? []), counter]
            if (each.kind === 'replace') model[place] = [counter]
            if (each.kind === 'remove') delete model[place]
            if (each.kind === 'drop') {
              for (const held of Object.keys(model)) {
                if (held.startsWith(`${each.namespace}/`)) delete model[held]
              }
            }
            apply(table, each)
            expect(contents(table)).toEqual(model)
          }
          if (rollback) {
            table.rollback()
            for (const place of Object.keys(model)) delete model[place]
            Object.assign(model, before)
          }
          expect(contents(table)).toEqual(model)
          expect(table.size).toBe(Object.keys(model).length)
        }
      }),
      { numRuns: 500 },
    )
  })

  test('a snapshot, its segments and the changes above them make the table again', () => {
    fc.assert(
      fc.property(batches, (all) => {
        let table = newTable()
        let whole: StoredCells = []
        let segments: StoredCells[] = []
        let changes: StoredCells[] = []
        const dropped = new Set<number>()
        for (const [index, { operations, rollback, snapshot, reload }] of all.entries()) {
          table.begin(true)
          // A namespace that was dropped does not come again: the watermark is beyond it.
          const alive = operations.filter((each) => !dropped.has(each.namespace))
          for (const each of alive) {
            if (dropped.has(each.namespace)) continue
            apply(table, each)
            if (each.kind === 'drop' && !rollback) dropped.add(each.namespace)
          }
          if (rollback) {
            table.rollback()
            continue
          }
          changes.push(structuredClone(table.changes()))
          if (snapshot) {
            if (index % 3 === 0) {
              whole = structuredClone(table.everything())
              segments = []
            } else segments.push(structuredClone(table.segment()))
            table.snapshotTaken()
            changes = []
          }
          const revived = newTable()
          for (const cells of [whole, ...segments, ...changes]) revived.revive(cells)
          for (const each of dropped) revived.drop(each)
          expect(contents(revived)).toEqual(contents(table))
          expect(revived.size).toBe(table.size)
          if (!reload) continue
          table = newTable()
          for (const cells of [whole, ...segments]) table.revive(cells)
          table.snapshotTaken()
          for (const cells of changes) table.revive(cells)
          for (const each of dropped) table.drop(each)
        }
      }),
      { numRuns: 500 },
    )
  })
})

test('without care an element cannot be taken back: the batch has to run again', () => {
  const table = newTable()
  table.begin(false)
  add(table, 0, 'a', 1)
  expect(() => table.revert()).toThrow(NeedsCare)
  table.rollback()
  expect(contents(table)).toEqual({})
})

test('only what the batch changed is in its changes', () => {
  const table = newTable()
  table.begin(false)
  add(table, 0, 'a', 1)
  add(table, 0, 'b', 2)
  table.changes()
  table.begin(false)
  add(table, 0, 'b', 3)
  add(table, 7, 'c', 4)
  expect(stored(table.changes())).toEqual({ '0/b': [2, 3], '7/c': [4] })
  table.begin(false)
  expect(table.changes()).toEqual([])
})

test('a segment holds each cell that changed since the snapshot, once', () => {
  const table = newTable()
  table.begin(false)
  add(table, 0, 'a', 1)
  add(table, 0, 'b', 2)
  table.changes()
  table.snapshotTaken()
  for (const n of [3, 4, 5]) {
    table.begin(false)
    add(table, 0, 'b', n)
    table.changes()
  }
  expect(table.segment()).toEqual([[0, ['b', [2, 3, 4, 5]]]])
})

test('a cell that was touched and whose window is over is in no change, segment or snapshot', () => {
  const table = newTable()
  table.begin(false)
  add(table, 0, 'a', 1)
  add(table, 1, 'a', 2)
  table.drop(0)
  expect(stored(table.changes())).toEqual({ '1/a': [2] })
  expect(stored(table.segment())).toEqual({ '1/a': [2] })
  expect(stored(table.everything())).toEqual({ '1/a': [2] })
})

describe('A removed cell', () => {
  /** A table with one cell that a snapshot holds. */
  const withOne = (): KeyedStateTable<Box> => {
    const table = newTable()
    table.begin(false)
    add(table, 0, 'a', 1)
    table.changes()
    table.snapshotTaken()
    table.begin(false)
    return table
  }

  test('is gone at once, and its namespace with the last one', () => {
    const table = withOne()
    remove(table, 0, 'a')
    expect(table.get(0, 'a')).toBeUndefined()
    expect([...table.namespaces]).toEqual([])
    expect(table.size).toBe(0)
  })

  test('is told of in the changes and in the next segment, once', () => {
    const table = withOne()
    remove(table, 0, 'a')
    expect(table.changes()).toEqual([[0, ['a', null]]])
    table.begin(false)
    expect(table.changes()).toEqual([])
    expect(table.segment()).toEqual([[0, ['a', null]]])
    table.snapshotTaken()
    expect(table.segment()).toEqual([])
    expect(table.everything()).toEqual([])
  })

  test('that came in the same batch leaves no word', () => {
    const table = newTable()
    table.begin(false)
    add(table, 0, 'a', 1)
    remove(table, 0, 'a')
    expect(table.changes()).toEqual([])
    expect(table.segment()).toEqual([])
  })

  test('that came after the last snapshot is in no segment', () => {
    const table = withOne()
    add(table, 0, 'b', 1)
    table.changes()
    table.begin(false)
    remove(table, 0, 'b')
    expect(table.changes()).toEqual([[0, ['b', null]]])
    expect(table.segment()).toEqual([])
  })

  test('can be followed by another in its place', () => {
    const table = withOne()
    replace(table, 0, 'a', 2)
    expect(table.changes()).toEqual([[0, ['a', [2]]]])
    expect(table.segment()).toEqual([[0, ['a', [2]]]])
  })

  test('is told of by a segment that a new sandbox writes', () => {
    const table = withOne()
    remove(table, 0, 'a')
    const revived = newTable()
    revived.revive([[0, ['a', [1]]]])
    revived.snapshotTaken()
    revived.revive(table.changes())
    expect(contents(revived)).toEqual({})
    expect(revived.segment()).toEqual([[0, ['a', null]]])
  })
})

test('a namespace that is not there can be dropped', () => {
  const table = newTable()
  table.begin(false)
  table.drop(5)
  expect(table.size).toBe(0)
})

test('its size in memory grows with the cells and with what they hold', () => {
  const sizeOf = (cells: number, values: number): number => {
    const table = newTable()
    const list = Array.from({ length: cells }, (_, n) => [
      `k${n}`,
      Array.from({ length: values }, (_, v) => v * 1_000_000),
    ])
    table.revive([[0, list.flat(1)]])
    return table.bytes
  }
  expect(sizeOf(0, 0)).toBe(0)
  expect(sizeOf(2_000, 1)).toBeGreaterThan(1.9 * sizeOf(1_000, 1))
  expect(sizeOf(1_000, 100)).toBeGreaterThan(5 * sizeOf(1_000, 1))
})
