import { ConfigurationError } from '../../core/errors.ts'
import type { AggregateWithZero } from '../aggregate.ts'
import { addTo, cardinality, copySketch, type HyperLogLog, unite } from '../hyper-log-log.ts'
import { type Distinct, distinctOf } from './count-distinct.ts'

export interface ApproximateCountDistinctOptions {
  /**
   * 4 to 18: the standard error is 1.04 / sqrt(2^precision), and the sketch takes up to 2^precision bytes in the
   * state. Two thirds of the answers are within one standard error, 95 % within two.
   * @default 12: 1.6 %, 4 kB
   */
  readonly precision?: number
}

/**
 * About how many different values are taken from the elements, by a HyperLogLog sketch: a few kB in the state,
 * however many they are. The answer does not depend on the order of the elements. Nothing (null, undefined) is
 * not counted.
 * @example
 * approximateCountDistinct((bid: Bid) => bid.bidder)
 * @throws ConfigurationError for a precision that is no whole number from 4 to 18
 * @throws InvalidRecordError for a value that is no string, number or boolean
 */
export function approximateCountDistinct<A>(
  of: (value: A) => Distinct,
  { precision = 12 }: ApproximateCountDistinctOptions = {},
): AggregateWithZero<A, HyperLogLog, number> {
  if (!Number.isInteger(precision) || precision < 4 || precision > 18) {
    throw new ConfigurationError(
      `approximateCountDistinct(…) has a precision of ${precision}: expected a whole number from 4 (an error of 26 %) to 18 (0.2 %)`,
      { precision },
    )
  }
  return {
    signature: `approximateCountDistinct ${precision}`,
    detached: true,
    zero: 0,
    create: () => new Map(),
    add(sketch, value) {
      const taken = distinctOf(of(value), 'approximateCountDistinct')
      return taken === undefined ? sketch : addTo(sketch, taken, precision)
    },
    merge: (a, b) => unite(a, b, precision),
    result: (sketch) => cardinality(sketch, precision),
    copy: copySketch,
  }
}
