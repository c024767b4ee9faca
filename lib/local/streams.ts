import type { DatabaseSync } from 'node:sqlite'
import { ConfigurationError } from '../core/errors.ts'
import type { Shard } from '../core/shards.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { type Placement, type PutRecord, planPut } from './put-plan.ts'
import { shardIdOf, shardNumberOf } from './sequence.ts'
import { ShardLayout } from './shard-layout.ts'
import { type ReadLimits, ShardReader, type StoredRecord } from './shard-reader.ts'
import { createStreamTables, findStream } from './stream-tables.ts'
import { transaction } from './transaction.ts'

/** Kinesis' default and largest record, data and partition key (`UpdateMaxRecordSize`). */
const DEFAULT_RECORD_BYTES = 1_048_576
const LARGEST_RECORD_BYTES = 10 * 1_048_576
/** More shards than the quota of any Region by default; a larger number is a typing error. */
const MAX_SHARDS = 20_000

/** Options of `LocalStreams.create`. */
export interface StreamOptions {
  readonly shards: number
  /** 1 MiB (default) to 10 MiB, data and partition key together. */
  readonly maxRecordBytes?: number
}

/** What a producer stores together with its records. */
export interface PutOptions {
  /** The producer's own position after these records: read it with `producerOffset` to go on from there. */
  readonly producer?: { readonly name: string; readonly offset: number }
  /** Marks the stream as ended after these records: nothing can be put any more. */
  readonly end?: boolean
}

interface ShardDescription extends Shard {
  /** How many records were put. */
  readonly records: number
}

export interface StreamDescription {
  readonly shards: readonly ShardDescription[]
  readonly records: number
  readonly ended: boolean
}

interface OpenStream {
  readonly id: number
  readonly maxRecordBytes: number
  readonly layout: ShardLayout
  /** by number of the shard */
  readonly readers: ShardReader[]
}

/**
 * Kinesis-like streams in a local database: sharded by the MD5 of the partition key, ordered in a shard,
 * kept for ever. Several threads and processes may use one file, each with its own connection.
 */
export class LocalStreams {
  readonly #database: DatabaseSync
  readonly #clock: Clock
  readonly #open = new Map<string, OpenStream>()
  readonly #listeners = new Map<string, Set<() => void>>()

  constructor(database: DatabaseSync, clock: Clock = systemClock) {
    this.#database = database
    this.#clock = clock
    createStreamTables(database)
  }

  /**
   * Makes the stream, or leaves it as it is when it is there already.
   * @throws ConfigurationError when it is there with another number of shards
   */
  create(name: string, options: StreamOptions): void {
    const { shards, maxRecordBytes = DEFAULT_RECORD_BYTES } = options
    checkRange('shards', shards, 1, MAX_SHARDS)
    checkRange('maxRecordBytes', maxRecordBytes, DEFAULT_RECORD_BYTES, LARGEST_RECORD_BYTES)
    transaction(this.#database, () => {
      const existing = findStream(this.#database, name)
      if (existing === undefined) {
        this.#database
          .prepare('INSERT INTO local_streams (name, shards, max_record_bytes) VALUES (?, ?, ?)')
          .run(name, shards, maxRecordBytes)
      } else if (existing.shards !== shards) {
        throw new ConfigurationError(
          `The local stream "${name}" has ${existing.shards} shard(s), and ${shards} were asked for: a local ` +
            'stream keeps its shards. Ask for the number it has, or delete the database file to start anew.',
          { stream: name, shards, existing: existing.shards },
        )
      }
    })
  }

  has(name: string): boolean {
    return findStream(this.#database, name) !== undefined
  }

  /** All shards that there ever were, parents before children, with their record counts; whether it has ended. */
  describe(name: string): StreamDescription {
    const stream = this.#stream(name)
    // Before the counts: nothing is put once this reads true, so that the counts are final then.
    const ended = this.ended(name)
    const shards = stream.layout.shards().map(({ number, parents, ...shard }) => ({
      shardId: shardIdOf(number),
      ...shard,
      parents: parents.map(shardIdOf),
      records: this.#readerOf(stream, number).head(),
    }))
    return { shards, records: shards.reduce((sum, shard) => sum + shard.records, 0), ended }
  }

  /**
   * Appends the records, all or none of them, and the producer's offset in the same transaction.
   * @returns where each record is now
   * @throws InvalidRecordError for a record that Kinesis refuses too
   */
  put(name: string, records: readonly PutRecord[], options: PutOptions = {}): Placement {
    const stream = this.#stream(name)
    const shardOf = stream.layout.shardOf.bind(stream.layout)
    const planned = () => planPut(records, shardOf, stream.maxRecordBytes, this.#clock.now())
    let plan = planned()
    const firsts = new Map<number, number>()
    const next = new Map<number, number>()
    transaction(this.#database, () => {
      if (this.ended(name)) {
        throw new ConfigurationError(
          `The local stream "${name}" was marked as ended, and nothing can be put after that: put the last ` +
            'records before (or together with) `end`, or delete the database file to start anew.',
          { stream: name },
        )
      }
      if (stream.layout.refresh()) plan = planned()
      const insert = this.#database.prepare(
        'INSERT INTO local_stream_chunks (stream, shard, first, count, arrival, body) VALUES (?, ?, ?, ?, ?, ?)',
      )
      for (const { shard, count, arrival, body } of plan.chunks) {
        const first = next.get(shard) ?? this.#readerOf(stream, shard).head()
        if (!firsts.has(shard)) firsts.set(shard, first)
        insert.run(stream.id, shard, first, count, arrival, body)
        next.set(shard, first + count)
      }
      const advance = this.#database.prepare(
        `INSERT INTO local_stream_shards (stream, shard, next) VALUES (?, ?, ?)
         ON CONFLICT DO UPDATE SET next = excluded.next`,
      )
      for (const [shard, index] of next) advance.run(stream.id, shard, index)
      this.#storeProducer(stream.id, options)
    })
    this.#notify(name)
    return plan.place(firsts)
  }

  /** Splits an open shard in two: it takes no more records. @param at first hash key of the upper; the middle */
  split(name: string, shardId: string, at?: bigint): void {
    this.#stream(name).layout.split(shardNumberOf(shardId), at)
    this.#notify(name)
  }

  /** Merges two open shards whose hash keys touch: they take no more records. */
  merge(name: string, shardId: string, other: string): void {
    this.#stream(name).layout.merge(shardNumberOf(shardId), shardNumberOf(other))
    this.#notify(name)
  }

  /** Whether nothing will be put to this shard any more. */
  closed(name: string, shardId: string): boolean {
    const shard = this.#stream(name).layout.shards()[shardNumberOf(shardId)]
    return shard?.open === false || this.ended(name)
  }

  /** Marks the stream as ended (again is fine), with the producer's offset in the same transaction. */
  end(name: string, options: Pick<PutOptions, 'producer'> = {}): void {
    const { id } = this.#stream(name)
    transaction(this.#database, () => this.#storeProducer(id, { ...options, end: true }))
    this.#notify(name)
  }

  /** Whether a producer has marked the stream as ended. */
  ended(name: string): boolean {
    return this.#required(name).ended
  }

  /** The offset that this producer stored last; undefined if it never put anything. */
  producerOffset(name: string, producer: string): number | undefined {
    const row = this.#database
      .prepare('SELECT position FROM local_stream_producers WHERE stream = ? AND producer = ?')
      .get(this.#stream(name).id, producer)
    return row === undefined ? undefined : Number(row.position)
  }

  /** The records of a shard after the index `after` (-1: from the first one), within the limits. */
  read(name: string, shardId: string, after: number, limits: ReadLimits): StoredRecord[] {
    return this.#reader(name, shardId).read(after, limits)
  }

  /** How many records were put to this shard: the index that the next one gets. */
  head(name: string, shardId: string): number {
    return this.#reader(name, shardId).head()
  }

  /**
   * Calls `listener` after each put, end and reshard that this object makes (not after those of other connections).
   * @returns ends the subscription
   */
  onPut(name: string, listener: () => void): () => void {
    const listeners = this.#listeners.get(name) ?? new Set()
    this.#listeners.set(name, listeners.add(listener))
    return () => listeners.delete(listener)
  }

  #notify(name: string): void {
    for (const listener of this.#listeners.get(name) ?? []) listener()
  }

  #storeProducer(stream: number, { producer, end = false }: PutOptions): void {
    if (producer !== undefined) {
      this.#database
        .prepare(
          `INSERT INTO local_stream_producers (stream, producer, position) VALUES (?, ?, ?)
           ON CONFLICT DO UPDATE SET position = excluded.position`,
        )
        .run(stream, producer.name, producer.offset)
    }
    if (end) this.#database.prepare('UPDATE local_streams SET ended = 1 WHERE id = ?').run(stream)
  }

  #reader(name: string, shardId: string): ShardReader {
    const stream = this.#stream(name)
    const number = shardNumberOf(shardId)
    if (stream.readers[number] !== undefined) return stream.readers[number]
    const shards = stream.layout.shards()
    if (shards[number] === undefined) {
      throw new ConfigurationError(
        `The local stream "${name}" has no shard "${shardId}": its shards are ${shardIdOf(0)} to ` +
          `${shardIdOf(shards.length - 1)}.`,
        { stream: name, shardId },
      )
    }
    return this.#readerOf(stream, number)
  }

  #readerOf({ id, readers }: OpenStream, number: number): ShardReader {
    const reader = readers[number] ?? new ShardReader(this.#database, id, number)
    readers[number] = reader
    return reader
  }

  #stream(name: string): OpenStream {
    const open = this.#open.get(name)
    if (open !== undefined) return open
    const { id, shards, maxRecordBytes } = this.#required(name)
    const layout = new ShardLayout(this.#database, id, shards)
    const stream: OpenStream = { id, maxRecordBytes, layout, readers: [] }
    this.#open.set(name, stream)
    return stream
  }

  #required(name: string) {
    const row = findStream(this.#database, name)
    if (row === undefined) {
      throw new ConfigurationError(
        `There is no local stream "${name}": create it first, with streams.create('${name}', { shards: 1 }).`,
        { stream: name },
      )
    }
    return row
  }
}

function checkRange(option: string, value: number, least: number, most: number): void {
  if (Number.isInteger(value) && value >= least && value <= most) return
  throw new ConfigurationError(
    `\`${option}\` of a local stream is ${value}: give a whole number from ${least} to ${most}.`,
    { [option]: value },
  )
}
