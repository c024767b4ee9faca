import fc from 'fast-check'
import { expect, test } from 'vitest'
import { InvalidRecordError } from '../../lib/core/errors.ts'
import { addExactly, copyExactly, type ExactSum, mergeExactly, rounded } from '../../lib/windows/exact-sum.ts'

const sumOf = (values: readonly number[]): ExactSum => values.reduce<ExactSum>(addExactly, 0)

/** A finite number times 2^1074, which is whole. */
function scaled(value: number): bigint {
  let [whole, shift] = [Math.abs(value), 1_074n]
  for (; !Number.isInteger(whole); shift--) whole *= 2
  return (value < 0 ? -1n : 1n) * (BigInt(whole) << shift)
}

/** The sum as it was meant, by integers of any size: how far an answer is off, times 2^1074. */
const off = (values: readonly number[], answer: number): bigint => {
  const distance = values.reduce((sum, value) => sum + scaled(value), 0n) - scaled(answer)
  return distance < 0n ? -distance : distance
}

const wild = fc.array(
  fc.oneof(
    fc.double({ min: -1e300, max: 1e300, noNaN: true }),
    fc.double({ min: -1, max: 1, noNaN: true }),
    fc.integer(),
    fc.constantFrom(2 ** 53, -(2 ** 53), 1, -1, 2 ** -53, 0.1),
  ),
  { maxLength: 30 },
)

const bits = new DataView(new ArrayBuffer(8))
const neighbours = (value: number): number[] => {
  bits.setFloat64(0, value)
  const at = bits.getBigInt64(0)
  return [at - 1n, at + 1n].map((each) => {
    bits.setBigInt64(0, each)
    return bits.getFloat64(0)
  })
}

test('the answer is the number nearest to the sum', () => {
  fc.assert(
    fc.property(wild, (values) => {
      const answer = rounded(sumOf(values))
      const error = off(values, answer)
      for (const other of neighbours(answer)) {
        if (Number.isFinite(other)) expect(error <= off(values, other)).toBe(true)
      }
    }),
    { numRuns: 500 },
  )
})

test('it depends neither on the order nor on where it was merged', () => {
  fc.assert(
    fc.property(wild, wild, (x, y) => {
      const expected = rounded(sumOf([...x, ...y]))
      expect(rounded(sumOf([...x, ...y].toReversed()))).toBe(expected)
      expect(rounded(mergeExactly(sumOf(x), sumOf(y)))).toBe(expected)
      expect(rounded(mergeExactly(sumOf(y), sumOf(x)))).toBe(expected)
    }),
  )
})

test('half-way between two numbers, what is below decides; if nothing is, the even one', () => {
  const half = 2 ** -53
  expect(rounded(sumOf([1, half]))).toBe(1)
  expect(rounded(sumOf([1, half, 2 ** -200]))).toBe(1 + 2 * half)
  expect(rounded(sumOf([1 + 2 * half, half]))).toBe(1 + 4 * half)
  expect(rounded(sumOf([1 + 2 * half, half, -(2 ** -200)]))).toBe(1 + 2 * half)
})

test('a sum of integers stays one number, as does a sum that cancels out', () => {
  expect(sumOf([1, 2, 3])).toBe(6)
  expect(sumOf([0.1, 0.2])).not.toBeTypeOf('number')
  expect(sumOf([1e16, 1, -1e16, -1])).toBe(0)
})

test('merging and copying change neither', () => {
  const [a, b] = [sumOf([0.1, 0.2]), sumOf([1e16, 0.3])]
  const [before, after] = [structuredClone(a), structuredClone(b)]
  mergeExactly(a, b)
  addExactly(copyExactly(a), 0.7)
  expect([a, b]).toEqual([before, after])
})

test('what is beyond all numbers is refused', () => {
  expect(() => sumOf([1e308, 1e308])).toThrow(InvalidRecordError)
  expect(() => sumOf([1e308, 0.1, 1e308])).toThrow('the sum leaves the range of numbers')
})
