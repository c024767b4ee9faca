import type { Shard, ShardAccess, ShardLook, ShardPlace, ShardRecord } from '../core/shards.ts'
import { indexAt } from './sequence.ts'
import type { LocalStreams } from './streams.ts'

/** The shards of local streams. */
export class LocalShardAccess implements ShardAccess {
  readonly #streams: LocalStreams

  constructor(streams: LocalStreams) {
    this.#streams = streams
  }

  async shards(stream: string): Promise<readonly Shard[]> {
    const { shards } = this.#streams.describe(stream)
    return shards.map(({ shardId, startingHashKey, endingHashKey }) => {
      return { shardId, startingHashKey, endingHashKey, parents: [], open: true }
    })
  }

  async look(stream: string, shardId: string, position: string): Promise<ShardLook> {
    // Before the count: nothing is put once this reads true.
    const ended = this.#streams.ended(stream)
    const done = position === '' ? 0 : indexAt(position) + 1
    if (this.#streams.head(stream, shardId) > done) return 'records'
    return ended ? 'end' : 'tip'
  }

  async put(stream: string, records: readonly ShardRecord[]): Promise<readonly ShardPlace[]> {
    const placement = this.#streams.put(stream, records)
    return Array.from({ length: placement.count }, (_, index) => placement.at(index))
  }
}
