import fc from 'fast-check'
import { expect, test } from 'vitest'
import { KeySlices } from '../../lib/windows/key-slices.ts'

const SIZE = 20

/** Slices of 2 ms that hold texts; merging joins them, so that any wrong order shows. */
class Model {
  readonly contents = new Map<number, string>()
  readonly slices = new KeySlices<string>()
  merges = 0

  add(slice: number, text: string): void {
    const before = this.contents.get(slice)
    this.contents.set(slice, `${before ?? ''}${text}`)
    this.slices.changed(slice, before === undefined)
  }

  unite(start: number): string | undefined {
    return this.slices.unite(start, {
      size: SIZE,
      contentOf: (slice) => this.contents.get(slice) ?? 'nothing',
      merge: (a, b) => {
        this.merges++
        return a + b
      },
    })?.accumulator
  }

  expected(start: number): string | undefined {
    const inside = [...this.contents].filter(([slice]) => slice >= start && slice < start + SIZE)
    const texts = inside.sort(([a], [b]) => a - b).map(([, text]) => text)
    return texts.length === 0 ? undefined : texts.join('')
  }
}

const slice = fc.integer({ min: -20, max: 40 }).map((n) => 2 * n)
const operation = fc.oneof(
  fc.record({ kind: fc.constant('add' as const), at: slice }),
  fc.record({ kind: fc.constant('unite' as const), at: slice }),
)

test('a window holds what its slices hold, oldest first, whatever was asked before', () => {
  fc.assert(
    fc.property(fc.array(operation, { maxLength: 60 }), (operations) => {
      const model = new Model()
      for (const [n, { kind, at }] of operations.entries()) {
        if (kind === 'add') model.add(at, `${n},`)
        else {
          expect(model.unite(at)).toBe(model.expected(at))
          expect(model.slices.hasAny(at, at + SIZE)).toBe(model.expected(at) !== undefined)
        }
      }
    }),
    { numRuns: 1_000 },
  )
})

test('windows in their order cost three merges a slice at most', () => {
  const model = new Model()
  for (let at = 0; at < 2_000; at += 2) {
    model.add(at, 'x')
    const start = at + 2 - SIZE
    if (start >= 0) expect(model.unite(start)).toHaveLength(SIZE / 2)
  }
  expect(model.merges).toBeLessThan(3 * 1_000)
})

test('the oldest slices can be forgotten in between', () => {
  const model = new Model()
  for (let at = 0; at < 200; at += 2) {
    model.add(at, `${at},`)
    const start = at + 2 - SIZE
    if (start < 0) continue
    expect(model.unite(start)).toBe(model.expected(start))
    model.slices.forget(start)
    model.contents.delete(start)
  }
  expect(model.slices.isEmpty).toBe(false)
})

test('what is kept for other windows is said to be shared', () => {
  const slices = new KeySlices<string[]>()
  const content = ['a']
  slices.changed(4, true)
  const uniting = { size: SIZE, contentOf: () => content, merge: (a: string[], b: string[]) => [...a, ...b] }
  expect(slices.unite(0, uniting)).toEqual({ accumulator: content, shared: true })
  expect(slices.unite(0, uniting)?.accumulator).toBe(content)
  slices.changed(6, true)
  expect(slices.unite(0, uniting)).toEqual({ accumulator: ['a', 'a'], shared: true })
  slices.changed(20, true)
  expect(slices.unite(2, uniting)).toEqual({ accumulator: ['a', 'a', 'a'], shared: false })
  expect(slices.unite(21, uniting)).toBeUndefined()
})
