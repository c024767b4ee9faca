import { type AggregateWithZero, copyValue } from '../aggregate.ts'

/**
 * How many elements there are; of some of them only: `where(predicate, count())`.
 * @example
 * count()
 */
export const count = (): AggregateWithZero<unknown, number, number> => ({
  signature: 'count',
  detached: true,
  zero: 0,
  create: () => 0,
  add: (n) => n + 1,
  merge: (a, b) => a + b,
  result: (n) => n,
  copy: copyValue,
})
