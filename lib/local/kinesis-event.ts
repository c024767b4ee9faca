import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { REGION, ROLE_ARN, streamArn } from './arn.ts'
import { sequenceNumberAt, sequencePrefix } from './sequence.ts'
import type { StoredRecord } from './shard-reader.ts'

const CACHED_KEYS = 10_000

/** Makes the events of one shard, in the form of the real service. */
export interface EventBuilder {
  sequenceNumber(record: StoredRecord): string
  /** The event with these records: new objects each time, as a handler may change its event. */
  event(records: readonly StoredRecord[]): KinesisStreamEvent
  /** Bytes that this record takes in the JSON text of an event, with the comma after it. */
  bytes(record: StoredRecord): number
}

/** Bytes of the JSON text of an event without its records. */
export const EVENT_ENVELOPE_BYTES = JSON.stringify({ Records: [] }).length

/**
 * The builder of the events of one shard. Arrival is given in seconds with a fraction, data as base64
 * (https://docs.aws.amazon.com/lambda/latest/dg/with-kinesis.html, the example event).
 * @param shard the number of the shard in `shardId`
 */
export function eventBuilder(stream: string, shardId: string, shard: number): EventBuilder {
  const eventSourceARN = streamArn(stream)
  const prefix = sequencePrefix(shard)
  const eventIdPrefix = `${shardId}:${prefix}`

  const toRecord = (record: StoredRecord): KinesisStreamRecord => ({
    kinesis: {
      kinesisSchemaVersion: '1.0',
      partitionKey: record.partitionKey,
      sequenceNumber: sequenceNumberAt(prefix, record.index),
      data: record.body.toString('base64', record.start, record.end),
      approximateArrivalTimestamp: record.arrival / 1_000,
    },
    eventSource: 'aws:kinesis',
    eventVersion: '1.0',
    eventID: sequenceNumberAt(eventIdPrefix, record.index),
    eventName: 'aws:kinesis:record',
    invokeIdentityArn: ROLE_ARN,
    awsRegion: REGION,
    eventSourceARN,
  })

  const empty = { index: 0, partitionKey: '', arrival: 0, body: Buffer.alloc(0), start: 0, end: 0 }
  // Without the "0" of the arrival, with the comma.
  const constantBytes = JSON.stringify(toRecord(empty)).length
  const keyBytes = keyMeter()
  let lastArrival = 0
  let arrivalBytes = 1

  return {
    sequenceNumber: (record) => sequenceNumberAt(prefix, record.index),
    event: (records) => ({ Records: records.map(toRecord) }),
    bytes: (record) => {
      if (record.arrival !== lastArrival) {
        lastArrival = record.arrival
        arrivalBytes = String(lastArrival / 1_000).length
      }
      const base64Bytes = 4 * Math.ceil((record.end - record.start) / 3)
      return constantBytes + base64Bytes + keyBytes(record.partitionKey) + arrivalBytes
    },
  }
}

/** Measures partition keys as JSON text without the quotes; remembers them, for few keys are common. */
function keyMeter(): (key: string) => number {
  const known = new Map<string, number>()
  return (key) => {
    let bytes = known.get(key)
    if (bytes === undefined) {
      bytes = Buffer.byteLength(JSON.stringify(key)) - 2
      if (known.size >= CACHED_KEYS) known.clear()
      known.set(key, bytes)
    }
    return bytes
  }
}
