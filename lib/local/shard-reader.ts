import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Chunk, decodeChunk } from './chunk.ts'

const CACHED_BYTES = 8 * 1_048_576
const CACHED_CHUNKS = 128

/** A record of a shard; its data are the bytes `start` to `end` of `body`, never a copy. */
export interface StoredRecord {
  /** 0, 1, … in its shard; `sequenceNumberAt` makes the sequence number of it */
  readonly index: number
  readonly partitionKey: string
  /** epoch milliseconds */
  readonly arrival: number
  readonly body: Buffer
  readonly start: number
  readonly end: number
}

/** How much one read returns at most; the first record comes whatever its size. */
export interface ReadLimits {
  readonly records: number
  /** bytes of data */
  readonly bytes: number
}

interface PlacedChunk extends Chunk {
  readonly first: number
}

/** Reads one shard, and keeps the chunks it decoded last for the other readers of the shard. */
export class ShardReader {
  readonly #head: StatementSync
  readonly #chunk: StatementSync
  readonly #key: [stream: number, shard: number]
  readonly #cache = new Map<number, PlacedChunk>()
  #cachedBytes = 0

  constructor(database: DatabaseSync, stream: number, shard: number) {
    this.#key = [stream, shard]
    this.#head = database.prepare('SELECT next FROM local_stream_shards WHERE stream = ? AND shard = ?')
    this.#chunk = database.prepare(
      `SELECT first, body FROM local_stream_chunks
       WHERE stream = ? AND shard = ? AND first <= ? ORDER BY first DESC LIMIT 1`,
    )
  }

  /** The index that the next record put will get: the number of records in the shard. */
  head(): number {
    return Number(this.#head.get(...this.#key)?.next ?? 0)
  }

  /** The records after the index `after` (-1: from the first one), as many as there are within the limits. */
  read(after: number, limits: ReadLimits): StoredRecord[] {
    const records: StoredRecord[] = []
    const head = this.head()
    let bytes = 0
    let index = after + 1
    let chunk: PlacedChunk | undefined
    while (index < head && records.length < limits.records) {
      if (chunk === undefined || index >= chunk.first + chunk.count) chunk = this.#chunkWith(index)
      const at = index - chunk.first
      const start = at === 0 ? 0 : (chunk.ends[at - 1] ?? 0)
      const end = chunk.ends[at] ?? 0
      bytes += end - start
      if (bytes > limits.bytes && records.length > 0) break
      records.push({
        index,
        partitionKey: chunk.keys[chunk.keyIndex[at] ?? 0] ?? '',
        arrival: chunk.arrivals[at] ?? 0,
        body: chunk.body,
        start,
        end,
      })
      index++
    }
    return records
  }

  #chunkWith(index: number): PlacedChunk {
    for (const chunk of this.#cache.values()) {
      if (index >= chunk.first && index < chunk.first + chunk.count) return chunk
    }
    const row = this.#chunk.get(...this.#key, index)
    if (row === undefined || !(row.body instanceof Uint8Array)) {
      throw new Error(`Record ${index} of a local stream is counted and not there: the database is damaged.`)
    }
    const chunk = { first: Number(row.first), ...decodeChunk(row.body) }
    this.#keep(chunk)
    return chunk
  }

  #keep(chunk: PlacedChunk): void {
    this.#cache.set(chunk.first, chunk)
    this.#cachedBytes += chunk.body.buffer.byteLength
    for (const oldest of this.#cache.values()) {
      if (this.#cachedBytes <= CACHED_BYTES && this.#cache.size <= CACHED_CHUNKS) break
      if (oldest === chunk) break
      this.#cache.delete(oldest.first)
      this.#cachedBytes -= oldest.body.buffer.byteLength
    }
  }
}
