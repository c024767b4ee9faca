import type {
  DlqDestinationConfig,
  IEventSourceDlq,
  IEventSourceMapping,
  IFunction,
} from 'aws-cdk-lib/aws-lambda'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { grantPut } from './bucket-grants.ts'

/**
 * Batches that the mapping gives up go to a bucket, with their records. Unlike `S3OnFailureDestination` it
 * grants what the mapping needs, and neither reading nor deleting:
 * https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html
 */
export class OnFailureBucket implements IEventSourceDlq {
  readonly #bucket: Bucket

  constructor(bucket: Bucket) {
    this.#bucket = bucket
  }

  bind(_mapping: IEventSourceMapping, fn: IFunction): DlqDestinationConfig {
    grantPut(this.#bucket, fn)
    return { destination: this.#bucket.bucketArn }
  }
}
