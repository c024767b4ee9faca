import type { MergingAggregate } from '../aggregate.ts'
import { finiteNumberOf } from '../number-of.ts'

/** `squares` is the sum of the squared distances from the mean. */
type Moments = [count: number, mean: number, squares: number]

/**
 * Over a `'sample'` of what there is, divided by n - 1 (SQL's `var_samp`; NaN for one element), or over the
 * whole `'population'`, divided by n (`var_pop`).
 */
export type VarianceOf = 'sample' | 'population'

/**
 * The variance of a number taken from each element. Numerically stable; the last digits depend on the order
 * in which elements were added or accumulators merged.
 *
 * One at a time: B. P. Welford, Technometrics 4, 1962; merged: Chan, Golub and LeVeque, COMPSTAT 1982.
 * @example
 * variance((bid: Bid) => bid.price)
 * @throws InvalidRecordError for what is not a finite number
 */
export const variance = <A>(
  of: (value: A) => number,
  over: VarianceOf = 'sample',
): MergingAggregate<A, Moments, number> => moments('variance', of, over, (value) => value)

/**
 * The standard deviation of a number taken from each element: the root of its `variance`.
 * @example
 * standardDeviation((bid: Bid) => bid.price, 'population')
 * @throws InvalidRecordError for what is not a finite number
 */
export const standardDeviation = <A>(
  of: (value: A) => number,
  over: VarianceOf = 'sample',
): MergingAggregate<A, Moments, number> => moments('standardDeviation', of, over, Math.sqrt)

const moments = <A>(
  name: string,
  of: (value: A) => number,
  over: VarianceOf,
  finish: (variance: number) => number,
): MergingAggregate<A, Moments, number> => ({
  // Both of either kind keep the same.
  signature: 'variance',
  detached: true,
  create: () => [0, 0, 0],
  add(accumulator, value) {
    const x = finiteNumberOf(of(value), name)
    const distance = x - accumulator[1]
    accumulator[0]++
    accumulator[1] += distance / accumulator[0]
    accumulator[2] += distance * (x - accumulator[1])
    return accumulator
  },
  merge(a, b) {
    if (a[0] === 0 || b[0] === 0) return a[0] === 0 ? [...b] : [...a]
    const n = a[0] + b[0]
    const distance = b[1] - a[1]
    return [n, a[1] + (distance * b[0]) / n, a[2] + b[2] + (distance * distance * a[0] * b[0]) / n]
  },
  result: ([n, , squares]) => finish(squares / (over === 'sample' ? n - 1 : n)),
  copy: ([n, middle, squares]) => [n, middle, squares],
})
