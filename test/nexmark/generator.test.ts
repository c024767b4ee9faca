import { expect, test } from 'vitest'
import { dataSets, linesOf } from '../../bench/nexmark/generator/data-sets.ts'
import { SplittableRandom } from '../../bench/nexmark/generator/splittable-random.ts'
import { hashOf } from './data-sets.ts'

// Hashes of the events that Flink's results are known of.
test.each([
  ['tiny', '1d83cc596914bb82422357ced68f9e01194ae536c474cf2cf484b8265c03716e'],
  ['small', 'c2f61ad58e39251c841b31fcbedef30a7fe8bcb12c340e46abea61b86dc7f744'],
  ['small-ooo', 'e9745d68124b77b57d0d046a9f3abe90fb0a5dc0a8aadedd3c8ba5b68cdfaffc'],
] as const)("the set '%s' is, byte for byte, the one that Flink read", (set, sha256) => {
  expect(hashOf(linesOf(dataSets[set]))).toBe(sha256)
})

test.each([
  [42, [-491277234, 56, 34, 0.34419071652363753]],
  [Number.MAX_SAFE_INTEGER, [367375817, 780779151, 0, 0.25561875808143963]],
])('the random numbers of the seed %i are those of Java', (seed, expected) => {
  const [bound, power] = seed === 42 ? [100, 64] : [2_000_000_000, 1]
  const random = new SplittableRandom(seed)
  const numbers = [random.nextInt(), random.nextBelow(bound), random.nextBelow(power), random.nextDouble()]
  expect(numbers).toEqual(expected)
})
