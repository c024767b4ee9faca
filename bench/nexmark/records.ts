import type { RawRecord } from '../../lib/testing/shard-feed.ts'
import { type AuctionEvent, timeOf } from '../../test/nexmark/auction-house.ts'

/**
 * Events as records of a stream. Each arrives when it happens, or later: when the newest before it has
 * happened. Its id, and so its partition key, is its number.
 */
export function toRecords(): (line: string) => RawRecord {
  let arrival = 0
  let number = 0
  return (line) => {
    arrival = Math.max(arrival, timeOf(JSON.parse(line) as AuctionEvent))
    return { data: Buffer.from(line), partitionKey: String(number++), arrival }
  }
}
