/**
 * How many numbers there are in each of a row of bins, whose bounds grow by one factor: so the middle of a bin
 * is within a fixed relative distance of all that is in it.
 *
 * C. Masson, J. E. Rim and H. K. Lee, DDSketch, VLDB 12(12), 2019. When there are too many bins, those of the
 * smallest magnitudes are put together: the others stay exact. What is kept does not depend on the order.
 */
export interface DDSketch {
  zeros: number
  readonly positive: Map<number, number>
  readonly negative: Map<number, number>
}

/** Bins for numbers from 1 to e^40, 2.4e17, are kept apart: at an error of 1 % these are 2,000. */
const LOG_RANGE = 40

/** Magnitudes below this one, the smallest that keeps all its digits, count as 0. */
const SMALLEST = 2.3e-308

export const newSketch = (): DDSketch => ({ zeros: 0, positive: new Map(), negative: new Map() })

export const copySketch = ({ zeros, positive, negative }: DDSketch): DDSketch => ({
  zeros,
  positive: new Map(positive),
  negative: new Map(negative),
})

/** The factor between the bounds of a bin, for a relative error below 1. */
export const growth = (error: number): number => (1 + error) / (1 - error)

/** Takes a finite number in, in place. @param logGrowth the natural logarithm of the growth */
export function addTo(sketch: DDSketch, value: number, logGrowth: number): void {
  const magnitude = Math.abs(value)
  if (magnitude < SMALLEST) sketch.zeros++
  else {
    const bins = value > 0 ? sketch.positive : sketch.negative
    fill(bins, Math.ceil(Math.log(magnitude) / logGrowth), 1, LOG_RANGE / logGrowth)
  }
}

/** Both together; they stay as they are. */
export function unite(a: DDSketch, b: DDSketch, logGrowth: number): DDSketch {
  const sketch = copySketch(a)
  sketch.zeros += b.zeros
  for (const [bin, n] of b.positive) fill(sketch.positive, bin, n, LOG_RANGE / logGrowth)
  for (const [bin, n] of b.negative) fill(sketch.negative, bin, n, LOG_RANGE / logGrowth)
  return sketch
}

/**
 * About the numbers of which the fraction `probability` of all is at or below: the lower quantile, the number
 * at place `floor(probability * (n - 1))` in their order.
 * @param probabilities in rising order
 * @returns NaN for each, without any numbers
 */
export function quantilesOf(sketch: DDSketch, probabilities: readonly number[], factor: number): number[] {
  const { zeros, positive, negative } = sketch
  const middle = (bin: number): number => Math.min((2 * factor ** bin) / (factor + 1), Number.MAX_VALUE)
  const bins: (readonly [value: number, n: number])[] = [
    ...sorted(negative)
      .toReversed()
      .map(([bin, n]) => [-middle(bin), n] as const),
    [0, zeros],
    ...sorted(positive).map(([bin, n]) => [middle(bin), n] as const),
  ]
  const total = bins.reduce((sum, [, n]) => sum + n, 0)
  if (total === 0) return probabilities.map(() => Number.NaN)
  let index = 0
  let upTo = bins[0]?.[1] ?? 0
  return probabilities.map((probability) => {
    const place = Math.floor(probability * (total - 1))
    while (upTo <= place) upTo += bins[++index]?.[1] ?? 0
    return bins[index]?.[0] ?? Number.NaN
  })
}

const sorted = (bins: ReadonlyMap<number, number>): (readonly [bin: number, n: number])[] =>
  [...bins].sort(([a], [b]) => a - b)

function fill(bins: Map<number, number>, bin: number, n: number, most: number): void {
  const known = bins.get(bin)
  bins.set(bin, (known ?? 0) + n)
  if (known !== undefined || bins.size <= most) return
  const [lowest, next] = sorted(bins)
  if (lowest === undefined || next === undefined) return
  bins.delete(lowest[0])
  bins.set(next[0], next[1] + lowest[1])
}
