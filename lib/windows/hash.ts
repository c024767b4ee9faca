/**
 * A 32-bit hash: MurmurHash3 (A. Appleby, public domain) over the UTF-16 code units of a text, or over the 64
 * bits of a number. The same on every machine, as it is part of stored state.
 */
export function hash(value: string | number | boolean, seed: number): number {
  if (typeof value !== 'string') return hashNumber(Number(value), typeof value === 'boolean' ? ~seed : seed)
  let h = seed
  const even = value.length & ~1
  for (let index = 0; index < even; index += 2) {
    h = mixed(h, value.charCodeAt(index) | (value.charCodeAt(index + 1) << 16))
  }
  if (even < value.length) h ^= scrambled(value.charCodeAt(even))
  return finished(h ^ (value.length * 2))
}

const float = new Float64Array(1)
const words = new Uint32Array(float.buffer)

function hashNumber(value: number, seed: number): number {
  // 0 and -0 are equal.
  float[0] = value === 0 ? 0 : value
  // Not as a text of 4 code units would be.
  return finished(mixed(mixed(seed, words[0] ?? 0), words[1] ?? 0) ^ 9)
}

const scrambled = (word: number): number => {
  const k = Math.imul(word, 0xcc9e2d51)
  return Math.imul((k << 15) | (k >>> 17), 0x1b873593)
}

const mixed = (h: number, word: number): number => {
  const next = h ^ scrambled(word)
  return (Math.imul((next << 13) | (next >>> 19), 5) + 0xe6546b64) | 0
}

function finished(h: number): number {
  let x = Math.imul(h ^ (h >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}
