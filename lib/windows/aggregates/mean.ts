import type { MergingAggregate } from '../aggregate.ts'
import { numberOf } from '../number-of.ts'

type Mean = [count: number, sum: number]

/** The arithmetic mean of a number taken from each element. @throws InvalidRecordError for what is not a number */
export const mean = <A>(of: (value: A) => number): MergingAggregate<A, Mean, number> => ({
  signature: 'mean',
  create: () => [0, 0],
  add(accumulator, value) {
    accumulator[1] += numberOf(of(value), 'mean')
    accumulator[0]++
    return accumulator
  },
  merge: (a, b) => [a[0] + b[0], a[1] + b[1]],
  result: ([n, total]) => total / n,
  copy: ([n, total]) => [n, total],
})
