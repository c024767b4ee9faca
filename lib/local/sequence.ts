// '49' and 56 digits in all, as Kinesis' own: 22 constant digits, 16 for the shard, 16 for the index.
const PREFIX = '495900000000000000000000'
const COUNTERS = 10 ** 15
const COUNTER_DIGITS = 16

/** The id of the shard with this number, in Kinesis' form. */
export function shardIdOf(shard: number): string {
  return `shardId-${String(shard).padStart(12, '0')}`
}

/** The number of the shard with this id. */
export const shardNumberOf = (shardId: string): number => Number(shardId.slice('shardId-'.length))

/** The constant start of the sequence numbers of one shard. */
export function sequencePrefix(shard: number): string {
  return PREFIX + (COUNTERS + shard)
}

/**
 * The sequence number of the record with this index (0, 1, …) in its shard: a decimal string of 56 digits,
 * strictly increasing in the shard, unique in the stream, and far beyond what `Number` tells apart.
 */
export function sequenceNumberAt(prefix: string, index: number): string {
  return prefix + (COUNTERS + index)
}

/** The index that `sequenceNumberAt` made this sequence number of. */
export function indexAt(sequenceNumber: string): number {
  return Number(sequenceNumber.slice(-COUNTER_DIGITS)) - COUNTERS
}
