import type { Aggregate } from 'millrace'

/** A user-defined aggregate: all elements for which `by` is largest, several if they are equal (SQL's `RANK() = 1`). */
export const leaders = <A>(by: (value: A) => number): Aggregate<A, A[], readonly A[]> => ({
  signature: 'leaders',
  create: () => [],
  add(best, value) {
    const [first] = best
    const lead = first === undefined ? 1 : by(value) - by(first)
    if (lead < 0) return best
    if (lead > 0) return [value]
    best.push(value)
    return best
  },
  result: (best) => best,
  copy: (best) => [...best],
})
