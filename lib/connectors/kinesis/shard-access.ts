import type { Kinesis, Shard as ListedShard, ListShardsCommandOutput } from '@aws-sdk/client-kinesis'
import { RetryableError } from '../../core/errors.ts'
import { compareSequenceNumbers } from '../../core/sequence-number.ts'
import type { Shard, ShardAccess, ShardLook, ShardPlace, ShardRecord } from '../../core/shards.ts'
import { type Clock, systemClock } from '../../time/clock.ts'
import { kinesisError, openKinesis } from './client.ts'
import { putInOrder } from './put-records.ts'

/** A shard takes five reads a second: https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html */
const READ_PAUSE_MS = 250
const READS = 40
/** The record at the position comes first. */
const READ_RECORDS = 2

export interface KinesisShardAccessOptions {
  /** @default a client of the function's Region, opened when it is needed */
  readonly client?: () => Promise<Kinesis>
  /** @default the machine's */
  readonly clock?: Clock
  /** The name that a stream has, for the one in the pipeline. @default the same */
  readonly nameOf?: (written: string) => string
}

/** The shards of Kinesis streams. */
export class KinesisShardAccess implements ShardAccess {
  readonly #open: () => Promise<Kinesis>
  readonly #clock: Clock
  readonly #nameOf: (written: string) => string
  #client: Promise<Kinesis> | undefined

  constructor(options: KinesisShardAccessOptions = {}) {
    const { client = () => openKinesis(), clock = systemClock, nameOf = (written) => written } = options
    this.#open = client
    this.#clock = clock
    this.#nameOf = nameOf
  }

  shards(written: string): Promise<readonly Shard[]> {
    return this.#call(written, async (client, stream) => {
      const listed: ListedShard[] = []
      let token: string | undefined
      do {
        const { Shards = [], NextToken }: ListShardsCommandOutput = await client.listShards(
          token === undefined ? { StreamName: stream } : { NextToken: token },
        )
        listed.push(...Shards)
        token = NextToken
      } while (token !== undefined)
      return shardsOf(listed)
    })
  }

  look(written: string, shardId: string, position: string): Promise<ShardLook> {
    return this.#call(written, async (client, stream) => {
      let iterator = await iteratorAt(client, stream, shardId, position)
      for (let read = 0; read < READS; read++) {
        if (read > 0) await this.#clock.sleep(READ_PAUSE_MS)
        const {
          Records = [],
          NextShardIterator,
          MillisBehindLatest,
        } = await client.getRecords({
          ShardIterator: iterator,
          Limit: READ_RECORDS,
        })
        const above = (sequenceNumber = '') => compareSequenceNumbers(sequenceNumber, position) > 0
        if (Records.some(({ SequenceNumber }) => above(SequenceNumber))) return 'records'
        if (!NextShardIterator) return 'end'
        if (MillisBehindLatest === 0) return 'tip'
        iterator = NextShardIterator
      }
      throw new RetryableError(
        `the tip of ${shardId} of the Kinesis stream '${stream}' was not reached in ${READS} reads`,
        { stream, shardId },
      )
    })
  }

  put(written: string, records: readonly ShardRecord[]): Promise<readonly ShardPlace[]> {
    return this.#call(written, (client, stream) => putInOrder(client, stream, records, this.#clock))
  }

  async #call<A>(written: string, work: (client: Kinesis, stream: string) => Promise<A>): Promise<A> {
    const stream = this.#nameOf(written)
    this.#client ??= this.#open()
    try {
      return await work(await this.#client, stream)
    } catch (error) {
      throw kinesisError(error, stream)
    }
  }
}

/** Before the first record of the position, or before the oldest that the stream still has. */
async function iteratorAt(
  client: Kinesis,
  stream: string,
  shardId: string,
  position: string,
): Promise<string | undefined> {
  const { ShardIterator } = await client.getShardIterator({
    StreamName: stream,
    ShardId: shardId,
    ...(position === ''
      ? { ShardIteratorType: 'TRIM_HORIZON' }
      : { ShardIteratorType: 'AT_SEQUENCE_NUMBER', StartingSequenceNumber: position }),
  })
  return ShardIterator
}

/** Ids grow: parents stand before their children. Parents that are not listed any more are left out. */
function shardsOf(listed: readonly ListedShard[]): Shard[] {
  const ids = new Set(listed.map(({ ShardId }) => ShardId))
  const shards = listed.map(
    ({ ShardId = '', ParentShardId, AdjacentParentShardId, HashKeyRange, SequenceNumberRange }): Shard => ({
      shardId: ShardId,
      startingHashKey: BigInt(HashKeyRange?.StartingHashKey ?? 0),
      endingHashKey: BigInt(HashKeyRange?.EndingHashKey ?? 0),
      parents: [ParentShardId, AdjacentParentShardId].filter(
        (id) => id !== undefined && ids.has(id),
      ) as string[],
      open: SequenceNumberRange?.EndingSequenceNumber === undefined,
    }),
  )
  return shards.sort((a, b) => (a.shardId < b.shardId ? -1 : 1))
}
