import type { SplittableRandom } from './splittable-random.ts'

/** A price of 1 to 1,000,000 dollars, in cents: each order of magnitude is as likely as another. */
export const randomPrice = (random: SplittableRandom): number =>
  Math.round(10 ** (random.nextDouble() * 6) * 100)
