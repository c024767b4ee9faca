import type { Grant, IGrantable } from 'aws-cdk-lib/aws-iam'
import type { IStream } from 'aws-cdk-lib/aws-kinesis'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { grantRead } from './bucket-grants.ts'

/** What others may be allowed to do with a pipeline. */
export class StreamPipelineGrants {
  readonly #streams: readonly IStream[]
  readonly #deadLetters: Bucket

  constructor(streams: readonly IStream[], deadLetters: Bucket) {
    this.#streams = streams
    this.#deadLetters = deadLetters
  }

  /** To put records into the streams that the pipeline reads: for producers. */
  putRecords(grantee: IGrantable): Grant {
    return this.#streams.map((stream) => stream.grantWrite(grantee)).reduce((all, each) => all.combine(each))
  }

  /** To read dead letters and the batches that were given up, and to list them. */
  readDeadLetters(grantee: IGrantable): Grant {
    return grantRead(this.#deadLetters, grantee)
  }
}
