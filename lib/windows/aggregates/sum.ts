import { copyValue, type MergingAggregate } from '../aggregate.ts'
import { numberOf } from '../number-of.ts'

/** The sum of a number taken from each element. @throws InvalidRecordError for what is not a number */
export const sum = <A>(of: (value: A) => number): MergingAggregate<A, number, number> => ({
  signature: 'sum',
  create: () => 0,
  add: (total, value) => total + numberOf(of(value), 'sum'),
  merge: (a, b) => a + b,
  result: (total) => total,
  copy: copyValue,
})
