import type { SourceNode } from '../core/graph.ts'
import type { LocalStreams } from '../local/streams.ts'
import type { StreamHandler } from '../runtime/handler.ts'
import { ShardFeed } from './shard-feed.ts'

/** How a stream of a driven pipeline is resharded: a shard, by number, split in two, or two merged. */
export type Reshard = { readonly split: number } | { readonly merge: readonly [number, number] }

/** A stream of a driven pipeline, a source's or an exchange's, with a feed for each of its shards. */
export class DrivenStream {
  readonly name: string
  /** absent for an exchange's */
  readonly source: SourceNode | undefined
  /** records */
  readonly batchSize: number
  readonly #streams: LocalStreams
  readonly #feeds = new Map<string, ShardFeed>()

  constructor(streams: LocalStreams, name: string, batchSize: number, source?: SourceNode) {
    this.#streams = streams
    this.name = name
    this.batchSize = batchSize
    this.source = source
  }

  /** Shards that were split or merged come before those that came of it. */
  async deliver(handler: StreamHandler): Promise<void> {
    for (const feed of this.#allFeeds()) await feed.deliver(handler, this.batchSize)
  }

  async redeliver(handler: StreamHandler, records = this.batchSize): Promise<void> {
    for (const feed of this.#allFeeds()) await feed.redeliver(handler, records)
  }

  /** Moves time on in all shards that still take records. */
  async tick(handler: StreamHandler, watermark: number): Promise<void> {
    for (const { shardId, open } of this.#streams.describe(this.name).shards) {
      if (open) await this.#feed(shardId).tick(handler, watermark)
    }
  }

  reshard(change: Reshard): void {
    const { shards } = this.#streams.describe(this.name)
    const id = (number: number): string => {
      const shard = shards[number]
      if (shard !== undefined) return shard.shardId
      throw new RangeError(`stream '${this.name}' has no shard ${number}: expected 0 to ${shards.length - 1}`)
    }
    if ('split' in change) this.#streams.split(this.name, id(change.split))
    else this.#streams.merge(this.name, id(change.merge[0]), id(change.merge[1]))
  }

  #allFeeds(): ShardFeed[] {
    return this.#streams.describe(this.name).shards.map(({ shardId }) => this.#feed(shardId))
  }

  #feed(shardId: string): ShardFeed {
    const feed = this.#feeds.get(shardId) ?? new ShardFeed(this.#streams, this.name, shardId)
    this.#feeds.set(shardId, feed)
    return feed
  }
}
