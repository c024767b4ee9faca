import { describe, expect, test } from 'vitest'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { MappingFixture, numbered, record } from './mapping-fixture.ts'

describe('Batches', () => {
  test('hold 100 records where nothing else is said', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(0, 250))
    await f.started()
    expect(f.invocations.map(({ texts }) => texts.length)).toEqual([100, 100, 50])
  })

  test('are full as long as a backlog is there, wherever the puts were cut', async () => {
    const f = new MappingFixture()
    for (let i = 0; i < 9; i++) f.streams.put('s', numbered(i * 700, 700))
    await f.started({ batchSize: 2_000 })
    expect(f.invocations.map(({ texts }) => texts.length)).toEqual([2_000, 2_000, 2_000, 300])
    expect(f.invocations.flatMap(({ texts }) => texts)).toEqual(
      Array.from({ length: 6_300 }, (_, i) => `${i}`),
    )
  })

  test('go out at once without a batching interval', async () => {
    const f = new MappingFixture()
    await f.started()
    f.streams.put('s', [record('a')])
    await f.clock.settle()
    expect(f.batches).toEqual(['a'])
    expect(f.invocations[0]?.at).toBe(1_000_000_000_000)
  })

  test('wait for the batching interval since their first record, not since their last', async () => {
    const f = new MappingFixture()
    await f.started({ batchingInterval: 1_000 })
    f.streams.put('s', [record('a')])
    await f.clock.advance(600)
    f.streams.put('s', [record('b')])
    await f.clock.advance(399)
    expect(f.batches).toEqual([])
    await f.clock.advance(1)
    expect(f.batches).toEqual(['a b'])
  })

  test('measure a new interval for each batch', async () => {
    const f = new MappingFixture()
    await f.started({ batchingInterval: 1_000 })
    f.streams.put('s', [record('a')])
    await f.clock.advance(1_500)
    f.streams.put('s', [record('b')])
    await f.clock.advance(999)
    expect(f.batches).toEqual(['a'])
    await f.clock.advance(1)
    expect(f.batches).toEqual(['a', 'b'])
  })

  test('go out before the interval when they are full', async () => {
    const f = new MappingFixture()
    await f.started({ batchingInterval: 300_000, batchSize: 3 })
    f.streams.put('s', numbered(1, 2))
    await f.clock.advance(10)
    expect(f.batches).toEqual([])
    f.streams.put('s', numbered(3, 2))
    await f.clock.settle()
    expect(f.batches).toEqual(['1 2 3'])
  })

  test('go out before the interval when the stream has ended', async () => {
    const f = new MappingFixture()
    await f.started({ batchingInterval: 300_000, batchSize: 3 })
    f.streams.put('s', numbered(1, 2))
    await f.clock.advance(100)
    expect(f.batches).toEqual([])
    f.streams.end('s')
    await f.clock.settle()
    expect(f.batches).toEqual(['1 2'])
  })

  test('hold the records of one shard only, in order', async () => {
    const f = new MappingFixture(4)
    f.streams.put(
      's',
      Array.from({ length: 40 }, (_, i) => record(`${i}`, `key ${i % 8}`)),
    )
    await f.started()
    expect(f.invocations.length).toBeGreaterThan(1)
    for (const { event, shardId, texts } of f.invocations) {
      for (const { eventID } of event.Records) expect(eventID.startsWith(`${shardId}:`)).toBe(true)
      expect([...texts].sort((a, b) => Number(a) - Number(b))).toEqual(texts)
    }
    expect(f.invocations.flatMap(({ texts }) => texts)).toHaveLength(40)
  })

  test('stay within 6 MB of JSON, and are as large as that allows', async () => {
    const f = new MappingFixture()
    const data = Buffer.alloc(100_000, 1)
    f.streams.put(
      's',
      Array.from({ length: 100 }, () => ({ data, partitionKey: 'ä"k' })),
    )
    await f.started()
    const sizes = f.invocations.map(({ event }) => Buffer.byteLength(JSON.stringify(event)))
    const recordSize = Buffer.byteLength(JSON.stringify(f.invocations[0]?.event.Records[0])) + 1
    for (const size of sizes) expect(size).toBeLessThanOrEqual(6_291_456)
    expect(sizes[0]).toBeGreaterThan(6_291_456 - recordSize)
    expect(f.invocations.reduce((sum, { texts }) => sum + texts.length, 0)).toBe(100)
  })

  test('at the payload limit go out before the interval', async () => {
    const f = new MappingFixture()
    await f.started({ batchingInterval: 300_000, batchSize: 10_000 })
    f.streams.put(
      's',
      Array.from({ length: 6 }, () => ({ data: Buffer.alloc(1_000_000), partitionKey: 'k' })),
    )
    await f.clock.settle()
    expect(f.invocations.map(({ texts }) => texts.length)).toEqual([4])
  })

  test('are told of to onBatch, with their place and what is done', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = async () => void (await f.clock.sleep(40))
    await f.started()
    await f.clock.advance(40)
    expect(f.reports).toEqual([
      {
        functionName: 'f',
        stream: 's',
        shardId: 'shardId-000000000000',
        firstSequenceNumber: f.invocations[0]?.event.Records[0]?.kinesis.sequenceNumber,
        lastSequenceNumber: f.invocations[0]?.event.Records[1]?.kinesis.sequenceNumber,
        records: 2,
        done: 2,
        attempt: 1,
        duration: 40,
      },
    ])
  })
})

describe('A record above the payload limit', () => {
  test('goes to the on-failure destination as metadata, and blocks nothing', async () => {
    const f = new MappingFixture(1, 10_485_760)
    const large = { data: Buffer.alloc(5_000_000), partitionKey: 'k' }
    f.streams.put('s', [record('a'), large, record('b')])
    const mapping = await f.started()
    expect(f.batches).toEqual(['a', 'b'])
    expect(f.failures).toHaveLength(1)
    const [failed] = f.failures
    expect(failed?.requestContext).toMatchObject({ condition: 'PayloadTooLarge', approximateInvokeCount: 0 })
    expect(failed?.KinesisBatchInfo.batchSize).toBe(1)
    expect(failed).not.toHaveProperty('payload')
    expect(failed).not.toHaveProperty('responseContext')
    expect(mapping.lag()).toBe(0)
  })

  test('is delivered when its event is just within the limit', async () => {
    const f = new MappingFixture(1, 10_485_760)
    f.streams.put('s', [{ data: Buffer.alloc(4_718_000), partitionKey: 'k' }])
    await f.started()
    expect(f.invocations).toHaveLength(1)
    expect(f.failures).toEqual([])
  })
})

describe('Options out of the limits of the real service are refused', () => {
  test.each([
    [{ batchSize: 0 }],
    [{ batchSize: 10_001 }],
    [{ batchingInterval: 300_001 }],
    [{ retryAttempts: -2 }],
    [{ retryAttempts: 10_001 }],
    [{ maxRecordAge: 59_999 }],
    [{ maxRecordAge: 604_800_001 }],
    [{ batchSize: 1.5 }],
  ])('%j', (options) => {
    expect(() => new MappingFixture().mapping(options)).toThrow(ConfigurationError)
  })
})
