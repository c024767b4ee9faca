import { ConfigurationError } from '../core/errors.ts'
import { HASH_KEYS, hashKeyOf } from '../core/hash-key.ts'
import type { HashRange } from '../core/shards.ts'

const CACHED_KEYS = 100_000

/** The even split of all hash keys over `shards` shards, as `CreateStream` makes it. */
export function evenRanges(shards: number): HashRange[] {
  const count = BigInt(shards)
  const start = (shard: bigint): bigint => (HASH_KEYS * shard) / count
  return Array.from({ length: shards }, (_, shard) => ({
    startingHashKey: start(BigInt(shard)),
    endingHashKey: start(BigInt(shard) + 1n) - 1n,
  }))
}

/**
 * Finds the shard (its number) of partition keys, and remembers it per key.
 * @returns the function; its second argument, an explicit hash key, goes before the partition key
 */
export function shardRouter(
  ranges: readonly HashRange[],
): (partitionKey: string, hashKey?: bigint) => number {
  const known = new Map<string, number>()
  const shardOf = (hashKey: bigint): number => {
    const shard = ranges.findIndex(
      (range) => hashKey >= range.startingHashKey && hashKey <= range.endingHashKey,
    )
    if (shard < 0) {
      throw new ConfigurationError(
        `The explicit hash key ${hashKey} is in no shard: give a number from 0 to 2^128 - 1.`,
        { hashKey },
      )
    }
    return shard
  }
  return (partitionKey, hashKey) => {
    if (hashKey !== undefined) return shardOf(hashKey)
    const cached = known.get(partitionKey)
    if (cached !== undefined) return cached
    const shard = shardOf(hashKeyOf(partitionKey))
    // Emptied and not trimmed: an endless set of keys costs a hash each, never memory.
    if (known.size >= CACHED_KEYS) known.clear()
    known.set(partitionKey, shard)
    return shard
  }
}
