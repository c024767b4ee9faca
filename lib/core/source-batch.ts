/** The records of one invocation, all of one shard, in order. Nothing is decoded until asked for. */
export interface SourceBatch {
  readonly stream: string
  readonly shardId: string
  readonly length: number
  sequenceNumber(index: number): string
  partitionKey(index: number): string
  /** epoch ms */
  arrival(index: number): number
  bytes(index: number): Uint8Array
  /** the record's bytes, as they came */
  base64(index: number): string
}
