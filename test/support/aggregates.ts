import fc from 'fast-check'
import { expect } from 'vitest'
import { copyOf, type MergingAggregate } from '../../lib/windows/aggregate.ts'

/** Folds values by `add` alone. */
export const fold = <A, Accumulator, Result>(
  aggregate: MergingAggregate<A, Accumulator, Result>,
  values: readonly A[],
): Accumulator => values.reduce((accumulator, value) => aggregate.add(accumulator, value), aggregate.create())

/**
 * What every merging aggregate owes: over any integers, cut anywhere, united in any order, the result is
 * that of one fold; a new accumulator is neutral; and a copy is not reached by later changes.
 */
export function expectLaws<Accumulator, Result>(
  aggregate: MergingAggregate<number, Accumulator, Result>,
  oracle: (values: readonly number[]) => Result,
): void {
  const integers = fc.array(fc.integer({ min: -1_000_000, max: 1_000_000 }), { minLength: 1, maxLength: 20 })
  fc.assert(
    fc.property(integers, integers, integers, (x, y, z) => {
      const part = (values: readonly number[]) => fold(aggregate, values)
      const { merge, result } = aggregate
      const expected = oracle([...x, ...y, ...z])
      expect(result(part([...x, ...y, ...z]))).toEqual(expected)
      expect(result(merge(merge(part(x), part(y)), part(z)))).toEqual(expected)
      expect(result(merge(part(x), merge(part(y), part(z))))).toEqual(expected)
      expect(result(merge(part(z), merge(part(y), part(x))))).toEqual(expected)
      expect(result(merge(aggregate.create(), part(x)))).toEqual(oracle(x))
      const accumulator = part(x)
      const copy = copyOf(aggregate, accumulator)
      for (const value of y) aggregate.add(accumulator, value)
      expect(result(copy)).toEqual(oracle(x))
    }),
  )
}
