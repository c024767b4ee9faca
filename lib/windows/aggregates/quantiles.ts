import { ConfigurationError } from '../../core/errors.ts'
import type { MergingAggregate } from '../aggregate.ts'
import { addTo, copySketch, type DDSketch, growth, newSketch, quantilesOf, unite } from '../dd-sketch.ts'
import { finiteNumberOf } from '../number-of.ts'

export interface QuantilesOptions {
  /**
   * How far off an answer may be, relative to the true one: 0.001 to 0.5. It holds for the largest 17 decades of
   * magnitude; what is smaller may be put together.
   * @default 0.01: 1 %
   */
  readonly error?: number
}

/**
 * Quantiles of a number taken from each element, by a DDSketch: at most some thousand counts in the state,
 * however many numbers there are. Each answer is within a relative `error` of a number that was there, the one
 * at place `floor(probability * (n - 1))` of all in order. It does not depend on the order of the elements.
 * @example
 * quantiles((bid: Bid) => bid.price, { median: 0.5, p99: 0.99 })
 * @param probabilities by the name that each has in the result, 0 to 1
 * @throws ConfigurationError for a probability or an error that is out of range
 * @throws InvalidRecordError for what is not a finite number
 */
export function quantiles<A, Name extends string>(
  of: (value: A) => number,
  probabilities: Readonly<Record<Name, number>>,
  { error = 0.01 }: QuantilesOptions = {},
): MergingAggregate<A, DDSketch, Record<Name, number>> {
  const wanted = Object.entries<number>(probabilities).sort(([, a], [, b]) => a - b)
  for (const [name, probability] of wanted) {
    if (probability >= 0 && probability <= 1) continue
    throw new ConfigurationError(
      `quantiles(…) is to answer '${name}' for the probability ${probability}: expected one from 0 to 1, such as 0.99`,
      { name, probability },
    )
  }
  if (!(error >= 0.001 && error <= 0.5)) {
    throw new ConfigurationError(`quantiles(…) has an 'error' of ${error}: expected one from 0.001 to 0.5`, {
      error,
    })
  }
  const factor = growth(error)
  const logGrowth = Math.log(factor)
  const rising = wanted.map(([, probability]) => probability)
  return {
    signature: `quantiles ${error}`,
    detached: true,
    create: newSketch,
    add(sketch, value) {
      addTo(sketch, finiteNumberOf(of(value), 'quantiles'), logGrowth)
      return sketch
    },
    merge: (a, b) => unite(a, b, logGrowth),
    result(sketch) {
      const answers = quantilesOf(sketch, rising, factor)
      return Object.fromEntries(wanted.map(([name], index) => [name, answers[index]])) as Record<Name, number>
    },
    copy: copySketch,
  }
}
