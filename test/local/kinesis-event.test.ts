import { expect, test } from 'vitest'
import { MappingFixture, record } from './mapping-fixture.ts'

test('An event has the form of the real service', async () => {
  const f = new MappingFixture(2)
  const high = { explicitHashKey: 2n ** 127n }
  f.streams.put('s', [{ ...record('hello', 'JFK', 1_700_000_000_123), ...high }])
  await f.started()
  expect(f.invocations[0]?.event).toEqual({
    Records: [
      {
        kinesis: {
          kinesisSchemaVersion: '1.0',
          partitionKey: 'JFK',
          sequenceNumber: '49590000000000000000000010000000000000011000000000000000',
          data: 'aGVsbG8=',
          approximateArrivalTimestamp: 1_700_000_000.123,
        },
        eventSource: 'aws:kinesis',
        eventVersion: '1.0',
        eventID: 'shardId-000000000001:49590000000000000000000010000000000000011000000000000000',
        eventName: 'aws:kinesis:record',
        invokeIdentityArn: 'arn:aws:iam::000000000000:role/millrace-local',
        awsRegion: 'us-east-1',
        eventSourceARN: 'arn:aws:kinesis:us-east-1:000000000000:stream/s',
      },
    ],
  })
})

test('A handler that changes its event gets the records unchanged in the next attempt', async () => {
  const f = new MappingFixture()
  f.streams.put('s', [record('a'), record('b')])
  f.answer = ({ event }) => {
    event.Records.pop()
    const [first] = event.Records
    if (first) first.kinesis.data = 'changed'
    if (f.invocations.length === 1) throw new Error('once')
  }
  await f.started()
  await f.clock.advance(100)
  expect(f.batches).toEqual(['a b', 'a b'])
})
