import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { KinesisBatch } from '../../../lib/connectors/kinesis/batch.ts'
import { InvalidRecordError } from '../../../lib/core/errors.ts'

const record = (sequenceNumber: string, data: string, arrival = 1_700_000_000): KinesisStreamRecord => ({
  awsRegion: 'eu-west-1',
  eventID: `shardId-000000000002:${sequenceNumber}`,
  eventName: 'aws:kinesis:record',
  eventSource: 'aws:kinesis',
  eventSourceARN: 'arn:aws:kinesis:eu-west-1:123456789012:stream/flights',
  eventVersion: '1.0',
  invokeIdentityArn: 'arn:aws:iam::123456789012:role/r',
  kinesis: {
    approximateArrivalTimestamp: arrival,
    data: Buffer.from(data).toString('base64'),
    kinesisSchemaVersion: '1.0',
    partitionKey: `key of ${data}`,
    sequenceNumber,
  },
})

describe('A batch', () => {
  const batch = new KinesisBatch({ Records: [record('1', 'one'), record('2', 'two')] })

  test('is of the stream and the shard of its records', () => {
    expect(batch).toMatchObject({ stream: 'flights', shardId: 'shardId-000000000002', length: 2 })
  })

  test('gives its records by place', () => {
    expect(batch.sequenceNumber(1)).toBe('2')
    expect(batch.partitionKey(1)).toBe('key of two')
    expect(Buffer.from(batch.bytes(1)).toString()).toBe('two')
    expect(batch.base64(1)).toBe(Buffer.from('two').toString('base64'))
  })

  test('has nothing beyond its end', () => {
    expect(() => batch.sequenceNumber(2)).toThrow(new RangeError('no record 2 in a batch of 2'))
  })
})

test.each([
  [1_700_000_000, 1_700_000_000_000],
  [1_700_000_000.123, 1_700_000_000_123],
  [1_545_084_650.987, 1_545_084_650_987],
  [1_607_497_475.001, 1_607_497_475_001],
])('arrival at %d s is %d ms', (seconds, ms) => {
  expect(new KinesisBatch({ Records: [record('1', '', seconds)] }).arrival(0)).toBe(ms)
})

test.each([
  ['no records', { Records: [] }],
  ['records of another source', { Records: [{ eventSource: 'aws:sqs', body: 'x' }] }],
  ['nothing of a batch', {}],
  ['an HTTP request', { rawPath: '/', headers: {} }],
])('an event with %s is refused, and the message asks for the trigger', (_, event) => {
  const read = () => new KinesisBatch(event as unknown as KinesisStreamEvent)
  expect(read).toThrow(InvalidRecordError)
  expect(read).toThrow(
    /^the event is not a batch of Kinesis records: .*is the function's trigger a Kinesis stream\?$/,
  )
})
