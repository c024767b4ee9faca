import type { MergingAggregate } from '../aggregate.ts'
import { addExactly, copyExactly, type ExactSum, mergeExactly, rounded } from '../exact-sum.ts'
import { finiteNumberOf } from '../number-of.ts'

type Mean = [count: number, sum: ExactSum]

/**
 * The arithmetic mean of a number taken from each element: the sum, rounded once, by the count. It does not
 * depend on the order of the elements.
 * @example
 * mean((bid: Bid) => bid.price)
 * @throws InvalidRecordError for what is not a finite number
 */
export const mean = <A>(of: (value: A) => number): MergingAggregate<A, Mean, number> => ({
  signature: 'mean',
  detached: true,
  create: () => [0, 0],
  add(accumulator, value) {
    accumulator[1] = addExactly(accumulator[1], finiteNumberOf(of(value), 'mean'))
    accumulator[0]++
    return accumulator
  },
  merge: (a, b) => [a[0] + b[0], mergeExactly(a[1], b[1])],
  result: ([n, total]) => rounded(total) / n,
  copy: ([n, total]) => [n, copyExactly(total)],
})
