import fc from 'fast-check'
import { expect } from 'vitest'
import type { Place } from '../../lib/core/place.ts'
import { decode, encode } from '../../lib/state/binary.ts'
import { type Aggregate, copyOf, type MergingAggregate } from '../../lib/windows/aggregate.ts'

/** A place in the order of the numbers given to it. */
export const placeOf = (index: number, eventTime = index): Place => ({
  eventTime,
  sequenceNumber: `${1_000_000 + index}`,
  subSequence: 0,
})

/** Folds values by `add` alone, each at its place in the list. */
export const fold = <A, Accumulator, Result>(
  aggregate: Aggregate<A, Accumulator, Result>,
  values: readonly A[],
): Accumulator =>
  foldPlaced(
    aggregate,
    values.map((value, index) => [value, placeOf(index)]),
  )

/** Folds values, each at a place of its own. */
export const foldPlaced = <A, Accumulator, Result>(
  aggregate: Aggregate<A, Accumulator, Result>,
  values: readonly (readonly [value: A, place: Place])[],
): Accumulator =>
  values.reduce((accumulator, [value, place]) => aggregate.add(accumulator, value, place), aggregate.create())

const integers = fc.integer({ min: -1_000_000, max: 1_000_000 })

/** Values at places that are in no order and often of one time, in three parts. */
const parts = <A>(values: fc.Arbitrary<A>) =>
  fc
    .array(fc.tuple(values, fc.integer({ min: 0, max: 10 }), fc.nat({ max: 2 })), {
      minLength: 1,
      maxLength: 60,
    })
    .map((all) => {
      const three: (readonly [A, Place])[][] = [[], [], []]
      for (const [index, [value, time, part]] of all.entries())
        three[part]?.push([value, placeOf(index, time)])
      return three as [(readonly [A, Place])[], (readonly [A, Place])[], (readonly [A, Place])[]]
    })

/**
 * What every merging aggregate owes: over any values, cut anywhere, united in any order, the result is that of
 * one fold, also after it was stored; a new accumulator is neutral; and no copy, no merged accumulator and
 * no result is reached by later changes.
 * @param oracle the result over values in the order of their places
 */
export function expectLaws<Accumulator, Result>(
  aggregate: MergingAggregate<number, Accumulator, Result>,
  oracle: (values: readonly number[]) => Result,
  values: fc.Arbitrary<number> = integers,
): void {
  fc.assert(
    fc.property(parts(values), ([x, y, z]) => {
      const { merge, result, create } = aggregate
      const part = (values: readonly (readonly [number, Place])[]) => foldPlaced(aggregate, values)
      const inOrder = (values: readonly (readonly [number, Place])[]) =>
        oracle(values.toSorted(([, a], [, b]) => compare(a, b)).map(([value]) => value))
      const all = [...x, ...y, ...z]
      const expected = inOrder(all)
      expect(result(part(all))).toEqual(expected)
      expect(result(part(all.toReversed()))).toEqual(expected)
      expect(result(merge(merge(part(x), part(y)), part(z)))).toEqual(expected)
      expect(result(merge(part(x), merge(part(y), part(z))))).toEqual(expected)
      expect(result(merge(part(z), merge(part(y), part(x))))).toEqual(expected)
      expect(result(merge(stored(part(x)), merge(part(y), stored(part(z)))))).toEqual(expected)
      if (x.length === 0) return
      expect(result(merge(create(), part(x)))).toEqual(inOrder(x))
      expect(result(merge(part(x), create()))).toEqual(inOrder(x))
      let [a, b] = [part(x), part(y)]
      let merged = merge(a, b)
      const [copy, answer] = [copyOf(aggregate, a), result(a)]
      for (const [value, place] of z) merged = aggregate.add(merged, value, place)
      expect(result(a)).toEqual(inOrder(x))
      for (const [value, place] of z) {
        a = aggregate.add(a, value, place)
        b = aggregate.add(b, value, place)
      }
      expect(result(copy)).toEqual(inOrder(x))
      expect(answer).toEqual(inOrder(x))
      expect(result(merged)).toEqual(expected)
    }),
  )
}

/** What comes back from the store. */
const stored = <Accumulator>(accumulator: Accumulator): Accumulator =>
  decode(encode(accumulator)) as Accumulator

const compare = (a: Place, b: Place): number =>
  a.eventTime - b.eventTime || Number(a.sequenceNumber) - Number(b.sequenceNumber)
