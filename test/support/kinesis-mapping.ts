import type { Kinesis, _Record as KinesisRecord } from '@aws-sdk/client-kinesis'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import type { KinesisShardAccess } from '../../lib/connectors/kinesis/shard-access.ts'
import { REGION, ROLE_ARN, streamArn } from '../../lib/local/arn.ts'
import type { StreamHandler } from '../../lib/runtime/handler.ts'

const BATCH = 25

/**
 * Triggers a handler by streams of a Kinesis server as an event source mapping does: each shard in order and
 * in batches, a child when its parents are read to their ends. Some batches come twice.
 */
export class KinesisMapping {
  readonly #client: Kinesis
  readonly #access: KinesisShardAccess
  readonly #handler: StreamHandler
  readonly #iterators = new Map<string, string>()
  readonly #ended = new Set<string>()
  #batches = 0

  constructor(client: Kinesis, access: KinesisShardAccess, handler: StreamHandler) {
    this.#client = client
    this.#access = access
    this.#handler = handler
  }

  /** Delivers all that is in the streams, until nothing more comes. */
  async drain(...streams: readonly string[]): Promise<void> {
    for (let records = 1; records > 0; ) {
      records = 0
      for (const stream of streams) {
        for (const { shardId, parents } of await this.#access.shards(stream)) {
          const ready = parents.every((parent) => this.#ended.has(`${stream}/${parent}`))
          if (ready) records += await this.#shard(stream, shardId)
        }
      }
    }
  }

  /** @returns how many records there were */
  async #shard(stream: string, shardId: string): Promise<number> {
    const key = `${stream}/${shardId}`
    let records = 0
    while (!this.#ended.has(key)) {
      const iterator = this.#iterators.get(key) ?? (await this.#horizon(stream, shardId))
      const { Records = [], NextShardIterator } = await this.#client.getRecords({
        ShardIterator: iterator,
        Limit: BATCH,
      })
      if (Records.length > 0) await this.#deliver(eventOf(stream, shardId, Records))
      if (NextShardIterator) this.#iterators.set(key, NextShardIterator)
      else this.#ended.add(key)
      records += Records.length
      if (Records.length === 0) break
    }
    return records
  }

  async #deliver(event: KinesisStreamEvent): Promise<void> {
    const times = ++this.#batches % 3 === 0 ? 2 : 1
    for (let time = 0; time < times; time++) {
      const { batchItemFailures } = await this.#handler(event, {} as Context)
      if (batchItemFailures.length > 0) throw new Error(`not done: ${JSON.stringify(batchItemFailures)}`)
    }
  }

  async #horizon(stream: string, shardId: string): Promise<string | undefined> {
    const { ShardIterator } = await this.#client.getShardIterator({
      StreamName: stream,
      ShardId: shardId,
      ShardIteratorType: 'TRIM_HORIZON',
    })
    return ShardIterator
  }
}

const eventOf = (stream: string, shardId: string, records: readonly KinesisRecord[]): KinesisStreamEvent => ({
  Records: records.map(({ Data = new Uint8Array(), PartitionKey = '', SequenceNumber = '', ...record }) => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: PartitionKey,
      sequenceNumber: SequenceNumber,
      data: Buffer.from(Data).toString('base64'),
      approximateArrivalTimestamp: (record.ApproximateArrivalTimestamp?.getTime() ?? 0) / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: `${shardId}:${SequenceNumber}`,
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: ROLE_ARN,
    awsRegion: REGION,
    eventSourceARN: streamArn(stream),
  })),
})
