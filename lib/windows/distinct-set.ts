/** What can be told apart by its value. */
type Member = string | number | boolean

/**
 * A set that is compact for whole numbers close to each other, as ids are. Those below 2^32 are kept by their
 * upper 20 bits: the lower 12 bits of a few in a list, of more as a bitmap of 512 bytes. So it takes little to copy and
 * to store: 100,000 ids in a row are 13 kB.
 *
 * After S. Chambi, D. Lemire, O. Kaser and R. Godin, Better bitmap performance with Roaring bitmaps, Software:
 * Practice and Experience 46(5), 2016.
 */
export interface DistinctSet {
  size: number
  readonly chunks: Map<number, number[] | Uint8Array>
  readonly others: Set<Member>
}

/** Lists up to here take less room than bitmaps, and are searched faster than one would notice. */
const LONGEST_LIST = 32
const CHUNK = 4_096

export const newSet = (): DistinctSet => ({ size: 0, chunks: new Map(), others: new Set() })

export const copySet = ({ size, chunks, others }: DistinctSet): DistinctSet => ({
  size,
  chunks: new Map(
    Array.from(chunks, ([chunk, lows]) => [chunk, Array.isArray(lows) ? [...lows] : new Uint8Array(lows)]),
  ),
  others: new Set(others),
})

/** Takes a member in, in place. */
export function addTo(set: DistinctSet, value: Member): void {
  if (typeof value !== 'number' || value >>> 0 !== value) {
    set.others.add(value)
    return
  }
  const chunk = value >>> 12
  const low = value % CHUNK
  const lows = set.chunks.get(chunk)
  if (lows === undefined) set.chunks.set(chunk, [low])
  else if (Array.isArray(lows)) {
    if (lows.includes(low)) return
    if (lows.length < LONGEST_LIST) lows.push(low)
    else set.chunks.set(chunk, bitmapOf([...lows, low]))
  } else if (!raise(lows, low)) return
  set.size++
}

/** How many members there are. */
export const sizeOf = ({ size, others }: DistinctSet): number => size + others.size

/** The union of two sets, which stay as they are. */
export function unite(a: DistinctSet, b: DistinctSet): DistinctSet {
  const set = copySet(a)
  for (const value of b.others) set.others.add(value)
  for (const [chunk, lows] of b.chunks) {
    for (const low of Array.isArray(lows) ? lows : lowsOf(lows)) addTo(set, chunk * CHUNK + low)
  }
  return set
}

function bitmapOf(lows: readonly number[]): Uint8Array {
  const bitmap = new Uint8Array(CHUNK / 8)
  for (const low of lows) raise(bitmap, low)
  return bitmap
}

/** @returns whether the bit was not there */
function raise(bitmap: Uint8Array, low: number): boolean {
  const byte = bitmap[low >>> 3] ?? 0
  const bit = 1 << (low & 7)
  bitmap[low >>> 3] = byte | bit
  return (byte & bit) === 0
}

function* lowsOf(bitmap: Uint8Array): Generator<number> {
  for (const [index, byte] of bitmap.entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) yield index * 8 + bit
  }
}
