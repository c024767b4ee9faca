/** The hash keys that one shard takes, both ends included: 128-bit numbers, as the MD5 of a partition key is. */
export interface HashRange {
  readonly startingHashKey: bigint
  readonly endingHashKey: bigint
}

/** A shard as `ListShards` describes it. */
export interface Shard extends HashRange {
  /** `shardId-000000000000` */
  readonly shardId: string
  /** the shards that were split or merged into this one, as long as the stream still lists them */
  readonly parents: readonly string[]
  /** false once it was split or merged: it takes no more records */
  readonly open: boolean
}

/**
 * What is above a position in a shard: records; nothing for now, its tip was read (`MillisBehindLatest` is 0);
 * or nothing for ever, as it is closed and was read to its end.
 */
export type ShardLook = 'records' | 'tip' | 'end'

/** A record on its way into a stream; the hash key says into which shard. */
export interface ShardRecord {
  readonly data: Uint8Array
  readonly partitionKey: string
  readonly explicitHashKey: bigint
}

/** Where a record is. */
export interface ShardPlace {
  readonly shardId: string
  readonly sequenceNumber: string
}

/** What streams tell of their shards, and take: local streams, or Kinesis. */
export interface ShardAccess {
  /** All shards that the stream lists, closed ones too, parents before children. */
  shards(stream: string): Promise<readonly Shard[]>
  /**
   * Reads a shard from behind a position (from its oldest record for '') until it finds a record or the tip
   * (protocol R19).
   * @throws RetryableError for a read that was throttled or failed: it proves nothing
   */
  look(stream: string, shardId: string, position: string): Promise<ShardLook>
  /**
   * Puts records, those of one hash key in order, and waits until all are in.
   * @returns where each is now
   * @throws RetryableError when the stream does not take them for now; some may be in
   */
  put(stream: string, records: readonly ShardRecord[]): Promise<readonly ShardPlace[]>
}
