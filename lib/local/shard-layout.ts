import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../core/errors.ts'
import type { HashRange } from '../core/shards.ts'
import { evenRanges, shardRouter } from './hash-ranges.ts'
import { shardIdOf } from './sequence.ts'
import { transaction } from './transaction.ts'

/** A shard of a local stream, by number. */
export interface LocalShard extends HashRange {
  readonly number: number
  /** numbers of the shards that were split or merged into it */
  readonly parents: readonly number[]
  /** false once it was split or merged */
  readonly open: boolean
}

/**
 * Which shards a stream has, and which takes a record. Nothing is stored until the first reshard: till then
 * the shards are those that it was created with.
 */
export class ShardLayout {
  readonly #database: DatabaseSync
  readonly #stream: number
  readonly #created: number
  #shards: readonly LocalShard[] = []
  #router: (partitionKey: string, hashKey?: bigint) => number = () => 0

  /** @param created how many shards it was created with */
  constructor(database: DatabaseSync, stream: number, created: number) {
    database.exec(`
      CREATE TABLE IF NOT EXISTS local_reshards (
        stream INTEGER NOT NULL,
        shard INTEGER NOT NULL,
        starting TEXT NOT NULL,
        ending TEXT NOT NULL,
        parents TEXT NOT NULL,
        open INTEGER NOT NULL,
        PRIMARY KEY (stream, shard)
      ) STRICT, WITHOUT ROWID;
    `)
    this.#database = database
    this.#stream = stream
    this.#created = created
    this.#use(evenRanges(created).map((range, number) => ({ ...range, number, parents: [], open: true })))
  }

  /** All shards that there ever were, parents before children. */
  shards(): readonly LocalShard[] {
    this.refresh()
    return this.#shards
  }

  /** The number of the open shard that takes a record, as of the last refresh. */
  shardOf(partitionKey: string, hashKey?: bigint): number {
    return this.#router(partitionKey, hashKey)
  }

  /** Takes in reshards of other connections. @returns whether there were any */
  refresh(): boolean {
    const row = this.#database
      .prepare('SELECT count(*) AS n FROM local_reshards WHERE stream = ?')
      .get(this.#stream)
    const stored = Math.max(Number(row?.n ?? 0), this.#created)
    if (stored === this.#shards.length) return false
    this.#use(this.#read())
    return true
  }

  /** Splits an open shard. @param at the first hash key of the upper half; the middle */
  split(shard: number, at?: bigint): void {
    transaction(this.#database, () => {
      const { startingHashKey, endingHashKey } = this.#open(shard)
      const middle = at ?? (startingHashKey + endingHashKey + 1n) / 2n
      if (middle <= startingHashKey || middle > endingHashKey) {
        throw new ConfigurationError(
          `${shardIdOf(shard)} cannot be split at hash key ${middle}: expected one above ${startingHashKey} and at most ${endingHashKey}`,
          { shard, at: middle },
        )
      }
      this.#replace(
        [shard],
        [
          { startingHashKey, endingHashKey: middle - 1n },
          { startingHashKey: middle, endingHashKey },
        ],
      )
    })
  }

  /** Merges two open shards whose ranges touch. */
  merge(one: number, other: number): void {
    transaction(this.#database, () => {
      const shards = [this.#open(one), this.#open(other)]
      const [lower, upper] = shards.toSorted((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
      if (lower === undefined || upper === undefined || lower.endingHashKey + 1n !== upper.startingHashKey) {
        throw new ConfigurationError(
          `${shardIdOf(one)} and ${shardIdOf(other)} cannot be merged: expected two open shards whose hash keys touch`,
          { shards: [one, other] },
        )
      }
      const { startingHashKey } = lower
      this.#replace([one, other], [{ startingHashKey, endingHashKey: upper.endingHashKey }])
    })
  }

  #open(number: number): LocalShard {
    const shard = this.shards()[number]
    if (shard?.open) return shard
    throw new ConfigurationError(`${shardIdOf(number)} is not open: expected a shard that takes records`, {
      shard: number,
    })
  }

  #replace(parents: readonly number[], ranges: readonly HashRange[]): void {
    const kept = this.#shards.map((each) => (parents.includes(each.number) ? { ...each, open: false } : each))
    const children = ranges.map((range, index) => ({
      ...range,
      number: kept.length + index,
      parents,
      open: true,
    }))
    const insert = this.#database.prepare('INSERT OR REPLACE INTO local_reshards VALUES (?, ?, ?, ?, ?, ?)')
    for (const { number, startingHashKey, endingHashKey, parents: from, open } of [...kept, ...children]) {
      const ends = [`${startingHashKey}`, `${endingHashKey}`] as const
      insert.run(this.#stream, number, ...ends, JSON.stringify(from), open ? 1 : 0)
    }
    this.#use([...kept, ...children])
  }

  #read(): LocalShard[] {
    return this.#database
      .prepare('SELECT * FROM local_reshards WHERE stream = ? ORDER BY shard')
      .all(this.#stream)
      .map(({ shard, starting, ending, parents, open }) => ({
        number: Number(shard),
        startingHashKey: BigInt(starting as string),
        endingHashKey: BigInt(ending as string),
        parents: JSON.parse(parents as string),
        open: open === 1,
      }))
  }

  #use(shards: readonly LocalShard[]): void {
    const open = shards.filter((shard) => shard.open)
    const route = shardRouter(open)
    this.#shards = shards
    this.#router = (partitionKey, hashKey) => open[route(partitionKey, hashKey)]?.number ?? 0
  }
}
