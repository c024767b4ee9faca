/**
 * Java's java.util.SplittableRandom: same seed, same numbers. 64-bit arithmetic in two halves of 32 bits,
 * several times faster than BigInt.
 *
 * Steele, Lea, Flood, "Fast splittable pseudorandom number generators", OOPSLA 2014; the mixing functions are
 * Stafford's variants 13 and 4 (http://zimbry.blogspot.com/2011/09/better-bit-mixing-improving-on.html).
 */
export class SplittableRandom {
  #high: number
  #low: number

  /** @param seed a safe integer, not negative */
  constructor(seed: number) {
    this.#high = Math.floor(seed / 2 ** 32) | 0
    this.#low = seed | 0
  }

  /** A signed integer of 32 bits. */
  nextInt(): number {
    this.#step()
    // (z ^ (z >>> 33)) * 0x62a9d9ed799705f5, then the upper half of (z ^ (z >>> 28)) * 0xcb24d0a5c88c35b3
    let high = this.#high
    let low = this.#low ^ (high >>> 1)
    ;[high, low] = [upper(high, low, 0x62a9d9ed, 0x799705f5), Math.imul(low, 0x799705f5)]
    const mixedLow = low ^ ((low >>> 28) | (high << 4))
    return upper(high ^ (high >>> 28), mixedLow, 0xcb24d0a5, 0xc88c35b3)
  }

  /** An integer of `[0, bound)`. @param bound 1 to 2^31 - 1 */
  nextBelow(bound: number): number {
    if ((bound & (bound - 1)) === 0) return this.nextInt() & (bound - 1)
    for (;;) {
      const bits = this.nextInt() >>> 1
      const value = bits % bound
      // The last numbers below 2^31 do not make up a whole range of `bound`: they would favour small values.
      if (bits - value + (bound - 1) < 2 ** 31) return value
    }
  }

  /** A number of `[0, 1)`, a multiple of 2^-53. */
  nextDouble(): number {
    this.#step()
    let high = this.#high
    let low = this.#low
    // (z ^ (z >>> 30)) * 0xbf58476d1ce4e5b9, (z ^ (z >>> 27)) * 0x94d049bb133111eb, z ^ (z >>> 31)
    ;[high, low] = [high ^ (high >>> 30), low ^ ((low >>> 30) | (high << 2))]
    ;[high, low] = [upper(high, low, 0xbf58476d, 0x1ce4e5b9), Math.imul(low, 0x1ce4e5b9)]
    ;[high, low] = [high ^ (high >>> 27), low ^ ((low >>> 27) | (high << 5))]
    ;[high, low] = [upper(high, low, 0x94d049bb, 0x133111eb), Math.imul(low, 0x133111eb)]
    ;[high, low] = [high ^ (high >>> 31), low ^ ((low >>> 31) | (high << 1))]
    return ((high >>> 0) * 2 ** 21 + (low >>> 11)) * 2 ** -53
  }

  /** Adds the golden ratio, 0x9e3779b97f4a7c15. */
  #step(): void {
    const low = (this.#low >>> 0) + 0x7f4a7c15
    this.#high = (this.#high + 0x9e3779b9 + (low >= 2 ** 32 ? 1 : 0)) | 0
    this.#low = low | 0
  }
}

/** The upper 32 of the lower 64 bits of a product of two 64-bit numbers. */
const upper = (aHigh: number, aLow: number, bHigh: number, bLow: number): number =>
  (carried(aLow, bLow) + Math.imul(aHigh, bLow) + Math.imul(aLow, bHigh)) | 0

/** The upper half of the product of two unsigned 32-bit numbers. */
function carried(a: number, b: number): number {
  const [aLow, aHigh, bLow, bHigh] = [a & 0xffff, a >>> 16, b & 0xffff, b >>> 16]
  const middle = aHigh * bLow + ((aLow * bLow) >>> 16)
  return aHigh * bHigh + (middle >>> 16) + ((aLow * bHigh + (middle & 0xffff)) >>> 16)
}
