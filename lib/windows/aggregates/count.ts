import { copyValue, type MergingAggregate } from '../aggregate.ts'

/** How many elements there are. */
export const count = (): MergingAggregate<unknown, number, number> => ({
  signature: 'count',
  create: () => 0,
  add: (n) => n + 1,
  merge: (a, b) => a + b,
  result: (n) => n,
  copy: copyValue,
})
