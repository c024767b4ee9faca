import { ConfigurationError, InvalidRecordError } from '../core/errors.ts'
import { CHUNK_BYTES, CHUNK_RECORDS, type ChunkRecord, encodeChunk } from './chunk.ts'
import { sequenceNumberAt, sequencePrefix, shardIdOf } from './sequence.ts'

const MAX_PARTITION_KEY = 256

/** A record for `LocalStreams.put`. */
export interface PutRecord {
  readonly data: Uint8Array
  /** 1 to 256 characters */
  readonly partitionKey: string
  /** epoch milliseconds; the clock's time where it is left out */
  readonly arrival?: number
  /** Picks the shard instead of the MD5 of the partition key, as Kinesis' `ExplicitHashKey`. */
  readonly explicitHashKey?: bigint
}

/** Where the records of one put are: for the record `i` of it, as `PutRecords` answers. */
export interface Placement {
  readonly count: number
  at(i: number): { shardId: string; sequenceNumber: string }
}

/** Records of one shard, ready to be written; the first index is known in the transaction only. */
interface PlannedChunk {
  readonly shard: number
  readonly count: number
  readonly arrival: number
  readonly body: Uint8Array
}

export interface PutPlan {
  readonly chunks: readonly PlannedChunk[]
  /** @param firsts by shard: the index of the first record that this put adds to it */
  place(firsts: ReadonlyMap<number, number>): Placement
}

interface OpenChunk {
  records: ChunkRecord[]
  bytes: number
}

/** Checks and routes the records of one put and packs them in chunks, each of one shard and in order. */
export function planPut(
  records: readonly PutRecord[],
  shardOf: (partitionKey: string, hashKey?: bigint) => number,
  maxRecordBytes: number,
  now: number,
): PutPlan {
  const open = new Map<number, OpenChunk>()
  const added = new Map<number, number>()
  const shards = new Uint32Array(records.length)
  const ordinals = new Float64Array(records.length)
  const chunks: PlannedChunk[] = []
  const close = (shard: number, chunk: OpenChunk): void => {
    const arrival = chunk.records[0]?.arrival ?? now
    chunks.push({ shard, count: chunk.records.length, arrival, body: encodeChunk(chunk.records) })
  }

  for (const [i, record] of records.entries()) {
    checkRecord(record, maxRecordBytes)
    const { data, partitionKey, arrival = now } = record
    const shard = shardOf(partitionKey, record.explicitHashKey)
    const ordinal = added.get(shard) ?? 0
    added.set(shard, ordinal + 1)
    shards[i] = shard
    ordinals[i] = ordinal

    let chunk = open.get(shard)
    if (chunk && (chunk.records.length === CHUNK_RECORDS || chunk.bytes + data.byteLength > CHUNK_BYTES)) {
      close(shard, chunk)
      chunk = undefined
    }
    if (chunk === undefined) {
      chunk = { records: [], bytes: 0 }
      open.set(shard, chunk)
    }
    chunk.records.push({ data, partitionKey, arrival })
    chunk.bytes += data.byteLength
  }
  for (const [shard, chunk] of open) close(shard, chunk)

  return {
    chunks,
    place: (firsts) => ({
      count: records.length,
      at: (i) => {
        const shard = shards[i]
        if (shard === undefined) {
          throw new RangeError(`The put had ${records.length} records, and record ${i} was asked for.`)
        }
        const index = (firsts.get(shard) ?? 0) + (ordinals[i] ?? 0)
        return { shardId: shardIdOf(shard), sequenceNumber: sequenceNumberAt(sequencePrefix(shard), index) }
      },
    }),
  }
}

function checkRecord({ data, partitionKey, arrival }: PutRecord, maxRecordBytes: number): void {
  if (partitionKey.length === 0 || partitionKey.length > MAX_PARTITION_KEY) {
    throw new InvalidRecordError(
      `The partition key ${JSON.stringify(partitionKey.slice(0, 32))} has ${partitionKey.length} characters, ` +
        `and Kinesis takes 1 to ${MAX_PARTITION_KEY}: shorten it, or hash it.`,
      { partitionKey },
    )
  }
  // Three bytes a character is the most that UTF-8 needs here, so that few keys have to be measured.
  if (data.byteLength + 3 * partitionKey.length > maxRecordBytes) {
    const bytes = data.byteLength + Buffer.byteLength(partitionKey)
    if (bytes > maxRecordBytes) {
      throw new InvalidRecordError(
        `The record with the partition key ${JSON.stringify(partitionKey)} has ${bytes} bytes (data and key), ` +
          `and the stream takes ${maxRecordBytes}: put the content in S3 and a pointer in the record, or ` +
          'create the stream with a larger `maxRecordBytes`.',
        { partitionKey, bytes, maxRecordBytes },
      )
    }
  }
  if (arrival !== undefined && !Number.isFinite(arrival)) {
    throw new ConfigurationError(
      `The arrival ${arrival} of a record is not a time: give epoch milliseconds.`,
      { arrival },
    )
  }
}
