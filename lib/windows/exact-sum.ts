import { InvalidRecordError } from '../core/errors.ts'

/**
 * A sum without rounding: one number as long as that is exact, else numbers whose bits do not overlap, the
 * smallest first. By it a sum does not depend on the order of what was added.
 *
 * J. R. Shewchuk, Adaptive Precision Floating-Point Arithmetic, Discrete & Computational Geometry 18, 1997;
 * as in Python's `math.fsum`.
 */
export type ExactSum = number | number[]

/** Adds a finite number, in place if the sum is an array. @throws InvalidRecordError beyond 1.8e308 */
export function addExactly(sum: ExactSum, value: number): ExactSum {
  if (typeof sum === 'number') {
    const total = finite(sum + value)
    const rest = restOf(sum, value, total)
    return rest === 0 ? total : [rest, total]
  }
  let carried = value
  let kept = 0
  for (const part of sum) {
    const total = finite(carried + part)
    const rest = restOf(carried, part, total)
    if (rest !== 0) sum[kept++] = rest
    carried = total
  }
  if (kept === 0) return carried
  sum.length = kept
  sum.push(carried)
  return sum
}

/** The sum of two, which stay as they are. */
export function mergeExactly(a: ExactSum, b: ExactSum): ExactSum {
  if (typeof b === 'number') return addExactly(copyExactly(a), b)
  return b.reduce<ExactSum>((sum, part) => addExactly(sum, part), copyExactly(a))
}

export const copyExactly = (sum: ExactSum): ExactSum => (typeof sum === 'number' ? sum : [...sum])

/** The number nearest to the sum; of two that are as near, the even one. */
export function rounded(sum: ExactSum): number {
  if (typeof sum === 'number') return sum
  let index = sum.length - 1
  let total = sum[index] ?? 0
  let rest = 0
  while (index > 0 && rest === 0) {
    const before = total
    const part = sum[--index] ?? 0
    total = before + part
    rest = part - (total - before)
  }
  // Half-way between two numbers: the part below decides.
  const below = sum[index - 1] ?? 0
  if (index > 0 && ((rest < 0 && below < 0) || (rest > 0 && below > 0))) {
    const next = total + rest * 2
    if (next - total === rest * 2) return next
  }
  return total
}

/** What `total`, the rounded sum of `a` and `b`, lacks (Knuth's TwoSum). */
function restOf(a: number, b: number, total: number): number {
  const ofB = total - a
  return a - (total - ofB) + (b - ofB)
}

function finite(total: number): number {
  if (Number.isFinite(total)) return total
  throw new InvalidRecordError(
    `the sum leaves the range of numbers, ±1.8e308: filter such elements out before the window`,
    { total },
  )
}
