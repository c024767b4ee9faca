import type { Shard, ShardAccess } from '../core/shards.ts'

/** The shards of a stream, as they were listed last. */
export class ShardList {
  readonly #access: ShardAccess
  readonly #stream: string
  #listed: Promise<readonly Shard[]> | undefined

  constructor(access: ShardAccess, stream: string) {
    this.#access = access
    this.#stream = stream
  }

  all(): Promise<readonly Shard[]> {
    this.#listed ??= this.#access.shards(this.#stream)
    return this.#listed.catch((error: unknown) => {
      this.#listed = undefined
      throw error
    })
  }

  /** A shard, listed anew if what is known of it does not do. @returns undefined if the stream does not list it */
  async find(shardId: string, does: (shard: Shard) => boolean = () => true): Promise<Shard | undefined> {
    const known = (await this.all()).find((each) => each.shardId === shardId)
    if (known !== undefined && does(known)) return known
    this.#listed = undefined
    return (await this.all()).find((each) => each.shardId === shardId)
  }
}
