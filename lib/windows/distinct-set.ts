/** What can be told apart by its value. */
type Member = string | number | boolean

/**
 * A set that is compact for few members, and for whole numbers close to each other, as ids are. A few are a list.
 * Of more, the numbers below 2^32 are kept by their upper 20 bits: the lower 12 bits of some in a list, of more as a
 * bitmap of 512 bytes. So it takes little to copy and to store: 100,000 ids in a row are 13 kB.
 *
 * After S. Chambi, D. Lemire, O. Kaser and R. Godin, Better bitmap performance with Roaring bitmaps, Software:
 * Practice and Experience 46(5), 2016.
 */
export type DistinctSet = Member[] | LargeSet

interface LargeSet {
  size: number
  readonly chunks: Map<number, number[] | Uint8Array>
  readonly others: Set<Member>
}

/** Lists up to here take less room than what is for more, and are searched as fast. */
const LONGEST_LIST = 32
const CHUNK = 4_096

export const copySet = (set: DistinctSet): DistinctSet => (Array.isArray(set) ? [...set] : copyLarge(set))

/** Takes a member in, in place or as a new set. */
export function addTo(set: DistinctSet, value: Member): DistinctSet {
  if (!Array.isArray(set)) {
    addToLarge(set, value)
    return set
  }
  if (set.includes(value)) return set
  if (set.length < LONGEST_LIST) {
    set.push(value)
    return set
  }
  const large: LargeSet = { size: 0, chunks: new Map(), others: new Set() }
  for (const member of set) addToLarge(large, member)
  addToLarge(large, value)
  return large
}

/** How many members there are. */
export const sizeOf = (set: DistinctSet): number =>
  Array.isArray(set) ? set.length : set.size + set.others.size

/** The union of two sets, which stay as they are. */
export function unite(a: DistinctSet, b: DistinctSet): DistinctSet {
  let set = copySet(a)
  for (const value of Array.isArray(b) ? b : membersOf(b)) set = addTo(set, value)
  return set
}

const copyLarge = ({ size, chunks, others }: LargeSet): LargeSet => ({
  size,
  chunks: new Map(
    Array.from(chunks, ([chunk, lows]) => [chunk, Array.isArray(lows) ? [...lows] : new Uint8Array(lows)]),
  ),
  others: new Set(others),
})

function addToLarge(set: LargeSet, value: Member): void {
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

function* membersOf({ chunks, others }: LargeSet): Generator<Member> {
  yield* others
  for (const [chunk, lows] of chunks) {
    for (const low of Array.isArray(lows) ? lows : lowsOf(lows)) yield chunk * CHUNK + low
  }
}

function* lowsOf(bitmap: Uint8Array): Generator<number> {
  for (const [index, byte] of bitmap.entries()) {
    for (let bit = 0; bit < 8; bit++) if (byte & (1 << bit)) yield index * 8 + bit
  }
}
