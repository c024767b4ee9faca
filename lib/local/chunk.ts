import { constants, zstdCompressSync, zstdDecompressSync } from 'node:zlib'
import { MillraceError } from '../core/errors.ts'

/** At most this many records in a chunk. */
export const CHUNK_RECORDS = 1_000
/** A chunk is closed once it holds this many bytes of data; one large record is a chunk by itself. */
export const CHUNK_BYTES = 1_048_576

const RAW = 0
const ZSTD = 1
/** Below this size compression costs more than it saves. */
const COMPRESS_FROM_BYTES = 1_024
const HEADER_WORDS = 3

/** A record as it is put into a chunk. */
export interface ChunkRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  /** epoch milliseconds */
  readonly arrival: number
}

/** Records of one shard, decoded into columns; record i has the data `body[ends[i-1] .. ends[i]]`. */
export interface Chunk {
  readonly count: number
  /** The distinct partition keys; `keyIndex[i]` is the one of record i. */
  readonly keys: readonly string[]
  readonly keyIndex: Uint32Array
  readonly ends: Uint32Array
  readonly arrivals: Float64Array
  readonly body: Buffer
}

/**
 * Packs records for the database: a format byte, then (compressed by zstd where it pays) the words
 * [count, length of the keys, length of the data], arrivals, data ends and key numbers as columns, the
 * distinct keys as a JSON list, the data. Columns of the machine's byte order: the file is a local one.
 */
export function encodeChunk(records: readonly ChunkRecord[]): Uint8Array {
  const count = records.length
  const arrivals = new Float64Array(count)
  const words = new Uint32Array(HEADER_WORDS + 1 + 2 * count)
  const numbers = new Map<string, number>()
  let bytes = 0
  for (const [i, record] of records.entries()) {
    arrivals[i] = record.arrival
    bytes += record.data.byteLength
    words[HEADER_WORDS + 1 + i] = bytes
    let number = numbers.get(record.partitionKey)
    if (number === undefined) {
      number = numbers.size
      numbers.set(record.partitionKey, number)
    }
    words[HEADER_WORDS + 1 + count + i] = number
  }
  const keys = Buffer.from(JSON.stringify([...numbers.keys()]))
  words.set([count, keys.byteLength, bytes])

  const raw = Buffer.allocUnsafe(words.byteLength + arrivals.byteLength + keys.byteLength + bytes)
  let at = 0
  for (const part of [new Uint8Array(words.buffer), new Uint8Array(arrivals.buffer), keys]) {
    raw.set(part, at)
    at += part.byteLength
  }
  for (const record of records) {
    raw.set(record.data, at)
    at += record.data.byteLength
  }
  return seal(raw)
}

function seal(raw: Buffer): Uint8Array {
  const compress = raw.byteLength >= COMPRESS_FROM_BYTES
  const content = compress
    ? zstdCompressSync(raw, { params: { [constants.ZSTD_c_compressionLevel]: 1 } })
    : raw
  const sealed = new Uint8Array(1 + content.byteLength)
  sealed[0] = compress ? ZSTD : RAW
  sealed.set(content, 1)
  return sealed
}

/** Unpacks what `encodeChunk` made. */
export function decodeChunk(sealed: Uint8Array): Chunk {
  const format = sealed[0]
  if (format !== RAW && format !== ZSTD) {
    throw new MillraceError(
      'STATE_FORMAT',
      `A chunk of a local stream has the format ${format}, and this version of millrace reads ${RAW} and ` +
        `${ZSTD}: delete the database file of the local run, or use the version that wrote it.`,
      { format },
    )
  }
  const content = sealed.subarray(1)
  // The copy gives the columns an aligned start.
  const raw = format === ZSTD ? zstdDecompressSync(content) : Buffer.from(content)
  const copy = new Uint8Array(raw).buffer
  const [count = 0, keysLength = 0] = new Uint32Array(copy, 0, HEADER_WORDS)
  const endsAt = 4 * (HEADER_WORDS + 1)
  const keysAt = endsAt + 16 * count
  const body = Buffer.from(copy)
  return {
    count,
    keys: JSON.parse(body.toString('utf8', keysAt, keysAt + keysLength)),
    ends: new Uint32Array(copy, endsAt, count),
    keyIndex: new Uint32Array(copy, endsAt + 4 * count, count),
    arrivals: new Float64Array(copy, endsAt + 8 * count, count),
    body: body.subarray(keysAt + keysLength),
  }
}
