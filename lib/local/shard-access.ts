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
    return this.#streams.describe(stream).shards
  }

  async look(stream: string, shardId: string, position: string): Promise<ShardLook> {
    // Before the count: nothing is put once this reads true.
    const closed = this.#streams.closed(stream, shardId)
    const done = position === '' ? 0 : indexAt(position) + 1
    if (this.#streams.head(stream, shardId) > done) return 'records'
    return closed ? 'end' : 'tip'
  }

  async put(stream: string, records: readonly ShardRecord[]): Promise<readonly ShardPlace[]> {
    const placement = this.#streams.put(stream, records)
    return Array.from({ length: placement.count }, (_, index) => placement.at(index))
  }
}
