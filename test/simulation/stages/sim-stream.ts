import { HASH_KEYS, hashKeyOf, isInRange } from '../../../lib/core/hash-key.ts'
import type { Shard, ShardPlace } from '../../../lib/core/shards.ts'
import { type EventBuilder, eventBuilder } from '../../../lib/local/kinesis-event.ts'
import { indexAt, shardIdOf } from '../../../lib/local/sequence.ts'
import type { StoredRecord } from '../../../lib/local/shard-reader.ts'
import type { Random } from '../random.ts'

/** One shard: its records, and what became of it. */
export interface SimShard extends Shard {
  readonly number: number
  readonly builder: EventBuilder
  readonly records: StoredRecord[]
  open: boolean
}

interface Put {
  readonly partitionKey: string
  readonly data: Uint8Array
  readonly explicitHashKey?: bigint
}

/** A stream that can be resharded at any moment. */
export class SimStream {
  readonly name: string
  /** parents before children */
  readonly shards: SimShard[] = []

  constructor(name: string, count: number) {
    this.name = name
    const bound = (place: number): bigint => (HASH_KEYS * BigInt(place)) / BigInt(count)
    for (let place = 0; place < count; place++) this.#add(bound(place), bound(place + 1) - 1n, [])
  }

  find(shardId: string): SimShard | undefined {
    return this.shards.find((each) => each.shardId === shardId)
  }

  put({ partitionKey, data, explicitHashKey }: Put, arrival: number): ShardPlace {
    const hash = explicitHashKey ?? hashKeyOf(partitionKey)
    const shard = this.shards.find((each) => each.open && isInRange(each, hash))
    if (shard === undefined) throw new Error(`no open shard of ${this.name} takes ${hash}`)
    const body = Buffer.from(data)
    const record = { index: shard.records.length, partitionKey, arrival, body, start: 0, end: body.length }
    shard.records.push(record)
    return { shardId: shard.shardId, sequenceNumber: shard.builder.sequenceNumber(record) }
  }

  /** Records of a shard above a position. */
  above({ records }: SimShard, position: string): number {
    return position === '' ? records.length : records.length - 1 - indexAt(position)
  }

  /** Splits a shard, or merges two neighbours. @returns what it did, if anything */
  reshard(random: Random, most: number): string | undefined {
    const open = this.shards
      .filter((shard) => shard.open)
      .sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
    if (open.length < most && (open.length === 1 || random.chance(0.6)))
      return this.#split(random.pick(open), random)
    const place = random.between(0, open.length - 2)
    const [low, high] = [open[place], open[place + 1]]
    return low && high && this.#merge(low, high)
  }

  #split(shard: SimShard, random: Random): string {
    const { startingHashKey, endingHashKey, shardId } = shard
    const part = BigInt(random.between(1, 9))
    const middle = startingHashKey + ((endingHashKey - startingHashKey) * part) / 10n
    shard.open = false
    this.#add(startingHashKey, middle, [shardId])
    this.#add(middle + 1n, endingHashKey, [shardId])
    return `split ${shard.number}`
  }

  #merge(low: SimShard, high: SimShard): string {
    low.open = false
    high.open = false
    this.#add(low.startingHashKey, high.endingHashKey, [low.shardId, high.shardId])
    return `merge ${low.number} and ${high.number}`
  }

  #add(startingHashKey: bigint, endingHashKey: bigint, parents: readonly string[]): void {
    const number = this.shards.length
    const shardId = shardIdOf(number)
    const builder = eventBuilder(this.name, shardId, number)
    this.shards.push({
      number,
      shardId,
      startingHashKey,
      endingHashKey,
      parents,
      builder,
      records: [],
      open: true,
    })
  }
}
