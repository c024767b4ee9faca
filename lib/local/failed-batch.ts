import { randomUUID } from 'node:crypto'
import { functionArn, streamArn } from './arn.ts'
import type { EventBuilder } from './kinesis-event.ts'
import type { StoredRecord } from './shard-reader.ts'

/** Why a mapping gave records up; `PayloadTooLarge`: the record alone is above the payload limit. */
export type FailureCondition = 'RetryAttemptsExhausted' | 'RecordAgeExceeded' | 'PayloadTooLarge'

/**
 * The document that an on-failure destination gets, in the form of AWS
 * (https://docs.aws.amazon.com/lambda/latest/dg/kinesis-on-failure-destination.html).
 */
export interface FailedBatch {
  readonly requestContext: {
    readonly requestId: string
    readonly functionArn: string
    readonly condition: FailureCondition
    readonly approximateInvokeCount: number
  }
  /** Not there for records that were never delivered. */
  readonly responseContext?: {
    readonly statusCode: number
    readonly executedVersion: string
    /** Not there when the function answered with a valid partial response. */
    readonly functionError?: 'Unhandled'
  }
  readonly version: '1.0'
  /** ISO 8601, as the two times of arrival */
  readonly timestamp: string
  readonly KinesisBatchInfo: {
    readonly shardId: string
    readonly startSequenceNumber: string
    readonly endSequenceNumber: string
    readonly approximateArrivalOfFirstRecord: string
    readonly approximateArrivalOfLastRecord: string
    readonly batchSize: number
    readonly streamArn: string
  }
  /** The event as JSON, as S3 destinations get it; not there for `PayloadTooLarge`. */
  readonly payload?: string
}

/** What is known of the records given up; there is at least one. */
export interface Failure {
  readonly functionName: string
  readonly stream: string
  readonly shardId: string
  readonly records: readonly [StoredRecord, ...StoredRecord[]]
  readonly condition: FailureCondition
  readonly invocations: number
  /** Whether the last invocation threw or answered something invalid. */
  readonly unhandled: boolean
  /** epoch milliseconds */
  readonly now: number
}

/** Makes the document of records that are given up. */
export function failedBatch(failure: Failure, builder: EventBuilder): FailedBatch {
  const { records, condition, invocations, shardId } = failure
  const [first] = records
  const last = records.at(-1) ?? first
  return {
    requestContext: {
      requestId: randomUUID(),
      functionArn: functionArn(failure.functionName),
      condition,
      approximateInvokeCount: invocations,
    },
    ...(invocations > 0 && {
      responseContext: {
        statusCode: 200,
        executedVersion: '$LATEST',
        ...(failure.unhandled && { functionError: 'Unhandled' }),
      },
    }),
    version: '1.0',
    timestamp: iso(failure.now),
    KinesisBatchInfo: {
      shardId,
      startSequenceNumber: builder.sequenceNumber(first),
      endSequenceNumber: builder.sequenceNumber(last),
      approximateArrivalOfFirstRecord: iso(first.arrival),
      approximateArrivalOfLastRecord: iso(last.arrival),
      batchSize: records.length,
      streamArn: streamArn(failure.stream),
    },
    ...(condition !== 'PayloadTooLarge' && { payload: JSON.stringify(builder.event(records)) }),
  }
}

const iso = (ms: number): string => new Date(ms).toISOString()
