import { CloudFormation } from '@aws-sdk/client-cloudformation'
import { DynamoDB, paginateScan } from '@aws-sdk/client-dynamodb'
import { Kinesis } from '@aws-sdk/client-kinesis'
import { Lambda } from '@aws-sdk/client-lambda'
import { S3 } from '@aws-sdk/client-s3'
import { NodeHttpHandler } from '@smithy/node-http-handler'
import { plainItem } from '../../lib/connectors/dynamodb/attribute-values.ts'
import type { LocalStack } from './localstack.ts'

const PUT_RECORDS = 500

/** A record as it lies in its shard. */
export interface StoredRecord {
  readonly partitionKey: string
  readonly data: string
  /** epoch ms */
  readonly arrival: number
}

/** An account in LocalStack, seen through the real APIs. */
export class Account {
  readonly cloudFormation: CloudFormation
  readonly dynamoDB: DynamoDB
  readonly kinesis: Kinesis
  readonly lambda: Lambda
  readonly s3: S3

  constructor({ endpoint }: LocalStack) {
    const config = {
      endpoint,
      region: 'eu-west-1',
      credentials: { accessKeyId: 'test', secretAccessKey: 'test' },
    }
    this.cloudFormation = new CloudFormation(config)
    this.dynamoDB = new DynamoDB(config)
    // Its default speaks HTTP/2, which LocalStack does not without TLS.
    this.kinesis = new Kinesis({ ...config, requestHandler: new NodeHttpHandler() })
    this.lambda = new Lambda(config)
    this.s3 = new S3({ ...config, forcePathStyle: true })
  }

  /** The physical names of a stack's resources, by their logical ids. */
  async resources(stack: string): Promise<Readonly<Record<string, string>>> {
    const { StackResources = [] } = await this.cloudFormation.describeStackResources({ StackName: stack })
    return Object.fromEntries(
      StackResources.map(({ LogicalResourceId = '', PhysicalResourceId = '' }) => [
        LogicalResourceId,
        PhysicalResourceId,
      ]),
    )
  }

  async put(stream: string, records: readonly { partitionKey: string; data: string | Uint8Array }[]) {
    for (let from = 0; from < records.length; from += PUT_RECORDS) {
      const Records = records.slice(from, from + PUT_RECORDS).map(({ partitionKey, data }) => ({
        PartitionKey: partitionKey,
        Data: Buffer.from(data),
      }))
      const { FailedRecordCount } = await this.kinesis.putRecords({ StreamName: stream, Records })
      if (FailedRecordCount) throw new Error(`${FailedRecordCount} records were not put`)
    }
  }

  /** All records of a stream, one shard after the other, each in its order. */
  async records(stream: string): Promise<StoredRecord[]> {
    const found: StoredRecord[] = []
    const { Shards = [] } = await this.kinesis.listShards({ StreamName: stream })
    for (const { ShardId } of Shards) {
      const { ShardIterator } = await this.kinesis.getShardIterator({
        StreamName: stream,
        ShardId,
        ShardIteratorType: 'TRIM_HORIZON',
      })
      let iterator = ShardIterator
      while (iterator !== undefined) {
        const {
          Records = [],
          NextShardIterator,
          MillisBehindLatest,
        } = await this.kinesis.getRecords({
          ShardIterator: iterator,
        })
        for (const { PartitionKey = '', Data = new Uint8Array(), ApproximateArrivalTimestamp } of Records) {
          const arrival = ApproximateArrivalTimestamp?.getTime() ?? 0
          found.push({ partitionKey: PartitionKey, data: Buffer.from(Data).toString('latin1'), arrival })
        }
        iterator = Records.length === 0 && MillisBehindLatest === 0 ? undefined : NextShardIterator
      }
    }
    return found
  }

  async items(table: string): Promise<Record<string, unknown>[]> {
    const pages = paginateScan({ client: this.dynamoDB }, { TableName: table, ConsistentRead: true })
    const found: Record<string, unknown>[] = []
    for await (const { Items = [] } of pages) found.push(...Items.map(plainItem))
    return found
  }

  async itemCount(table: string): Promise<number> {
    return (await this.items(table)).length
  }

  /** The objects below a prefix, as texts. */
  async objects(bucket: string, prefix: string): Promise<string[]> {
    const { Contents = [] } = await this.s3.listObjectsV2({ Bucket: bucket, Prefix: prefix })
    return Promise.all(
      Contents.map(async ({ Key }) => {
        const { Body } = await this.s3.getObject({ Bucket: bucket, Key })
        return (await Body?.transformToString()) ?? ''
      }),
    )
  }

  /** Stops what triggers a function, or starts it again. */
  async switchMapping(functionName: string, enabled: boolean, wait: () => Promise<void>): Promise<void> {
    const { EventSourceMappings: [mapping] = [] } = await this.lambda.listEventSourceMappings({
      FunctionName: functionName,
    })
    const UUID = mapping?.UUID
    await this.lambda.updateEventSourceMapping({ UUID, Enabled: enabled })
    const wanted = enabled ? 'Enabled' : 'Disabled'
    while ((await this.lambda.getEventSourceMapping({ UUID })).State !== wanted) await wait()
  }
}
