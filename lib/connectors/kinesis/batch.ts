import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { InvalidRecordError } from '../../core/errors.ts'
import type { SourceBatch } from '../../core/source-batch.ts'

/** The records of a Lambda event from Kinesis, read where they are: nothing is copied or decoded ahead. */
export class KinesisBatch implements SourceBatch {
  readonly stream: string
  readonly shardId: string
  readonly length: number
  readonly #records: readonly KinesisStreamRecord[]

  /** @throws InvalidRecordError for an event that is not a batch of one shard of one stream */
  constructor(event: KinesisStreamEvent) {
    // Whatever invokes the function: the type is only what is expected of it.
    const [first] = (event.Records as KinesisStreamEvent['Records'] | undefined) ?? []
    if (first?.kinesis === undefined) {
      throw new InvalidRecordError(
        `the event is not a batch of Kinesis records: expected 'Records' with at least one record of eventSource 'aws:kinesis'; is the function's trigger a Kinesis stream?`,
        { eventSource: first?.eventSource },
      )
    }
    this.#records = event.Records
    this.length = event.Records.length
    this.stream = streamNameOf(first)
    // shardId-000000000000:SEQUENCE
    this.shardId = first.eventID.slice(0, first.eventID.indexOf(':'))
  }

  sequenceNumber(index: number): string {
    return this.#at(index).sequenceNumber
  }

  partitionKey(index: number): string {
    return this.#at(index).partitionKey
  }

  arrival(index: number): number {
    return Math.round(this.#at(index).approximateArrivalTimestamp * 1_000)
  }

  bytes(index: number): Uint8Array {
    return Buffer.from(this.#at(index).data, 'base64')
  }

  base64(index: number): string {
    return this.#at(index).data
  }

  #at(index: number): KinesisStreamRecord['kinesis'] {
    const record = this.#records[index]
    if (record === undefined) throw new RangeError(`no record ${index} in a batch of ${this.length}`)
    return record.kinesis
  }
}

/** Out of `arn:aws:kinesis:region:account:stream/NAME`. */
export const streamNameOf = ({ eventSourceARN }: KinesisStreamRecord): string =>
  eventSourceARN.slice(eventSourceARN.indexOf('/') + 1)
