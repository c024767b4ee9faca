import { hash } from './hash.ts'

/**
 * What is known of a set by the hashes of its members: in each of 2^precision registers the largest rank (the
 * place of the first 1 bit) of the hashes that belong to it. A map of the registers that are not 0, as long as
 * these are few; then bytes, one a register.
 *
 * P. Flajolet, É. Fusy, O. Gandouet and F. Meunier, HyperLogLog, AofA 2007. The estimate is that of O. Ertl, New
 * cardinality estimation algorithms for HyperLogLog sketches, arXiv:1702.01284: it needs no correction, for few
 * members or for many. Its standard error is 1.04 / sqrt(2^precision).
 */
export type HyperLogLog = Map<number, number> | Uint8Array

/** Takes a value in, in place or as a new sketch. */
export function addTo(sketch: HyperLogLog, value: string | number | boolean, precision: number): HyperLogLog {
  const high = hash(value, 0x9747b28c)
  const register = high >>> (32 - precision)
  const rest = high << precision
  // Of the 64 bits the first ones name the register: the rank is counted in what is left.
  const rank = rest === 0 ? 33 - precision + Math.clz32(hash(value, 0x1b56c4e9)) : 1 + Math.clz32(rest)
  return raise(sketch, register, rank, precision)
}

/** The union of two sketches, which stay as they are. */
export function unite(a: HyperLogLog, b: HyperLogLog, precision: number): HyperLogLog {
  let sketch = copySketch(a)
  for (const [register, rank] of b.entries()) sketch = raise(sketch, register, rank, precision)
  return sketch
}

export const copySketch = (sketch: HyperLogLog): HyperLogLog =>
  sketch instanceof Map ? new Map(sketch) : new Uint8Array(sketch)

/** About how many members there are. */
export function cardinality(sketch: HyperLogLog, precision: number): number {
  const registers = 2 ** precision
  const most = 65 - precision
  /** how many registers have each rank */
  const counts = new Array<number>(most + 1).fill(0)
  for (const rank of sketch.values()) counts[rank] = (counts[rank] ?? 0) + 1
  if (sketch instanceof Map) counts[0] = registers - sketch.size
  let z = registers * tau(1 - (counts[most] ?? 0) / registers)
  for (let rank = most - 1; rank > 0; rank--) z = (z + (counts[rank] ?? 0)) / 2
  z += registers * sigma((counts[0] ?? 0) / registers)
  return Math.round((registers * registers) / (2 * Math.LN2 * z))
}

function raise(sketch: HyperLogLog, register: number, rank: number, precision: number): HyperLogLog {
  if (!(sketch instanceof Map)) {
    if (rank > (sketch[register] ?? 0)) sketch[register] = rank
    return sketch
  }
  if (rank <= (sketch.get(register) ?? 0)) return sketch
  sketch.set(register, rank)
  // A map takes some 40 bytes of memory for each register, and 4 when it is stored.
  if (sketch.size * 16 <= 2 ** precision) return sketch
  const bytes = new Uint8Array(2 ** precision)
  for (const [each, of] of sketch) bytes[each] = of
  return bytes
}

function sigma(of: number): number {
  if (of === 1) return Number.POSITIVE_INFINITY
  let x = of
  let z = x
  for (let y = 1, before = -1; z !== before; y *= 2) {
    x *= x
    before = z
    z += x * y
  }
  return z
}

function tau(of: number): number {
  if (of === 0 || of === 1) return 0
  let x = of
  let z = 1 - x
  for (let y = 0.5, before = -1; z !== before; y /= 2) {
    x = Math.sqrt(x)
    before = z
    z -= (1 - x) ** 2 * y
  }
  return z / 3
}
