import { hash } from 'node:crypto'
import type { HashRange } from './shards.ts'

/** One more than the largest hash key: they are the 128-bit numbers of MD5. */
export const HASH_KEYS = 2n ** 128n

/** All hash keys there are. */
export const WHOLE_RANGE: HashRange = { startingHashKey: 0n, endingHashKey: HASH_KEYS - 1n }

/** The hash key of a partition key, by which Kinesis picks the shard: its MD5 as a 128-bit number. */
export const hashKeyOf = (partitionKey: string): bigint => BigInt(`0x${hash('md5', partitionKey)}`)

export const isInRange = ({ startingHashKey, endingHashKey }: HashRange, hashKey: bigint): boolean =>
  hashKey >= startingHashKey && hashKey <= endingHashKey

/** Whether all of `inner` lies in `outer`. */
export const covers = (outer: HashRange, inner: HashRange): boolean =>
  outer.startingHashKey <= inner.startingHashKey && outer.endingHashKey >= inner.endingHashKey

/** What two ranges have in common, if anything. */
export function intersection(a: HashRange, b: HashRange): HashRange | undefined {
  const startingHashKey = a.startingHashKey > b.startingHashKey ? a.startingHashKey : b.startingHashKey
  const endingHashKey = a.endingHashKey < b.endingHashKey ? a.endingHashKey : b.endingHashKey
  return startingHashKey <= endingHashKey ? { startingHashKey, endingHashKey } : undefined
}
