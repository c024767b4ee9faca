import { describe, expect, test } from 'vitest'
import { KinesisShardAccess } from '../../../lib/connectors/kinesis/shard-access.ts'
import { ConfigurationError } from '../../../lib/core/errors.ts'
import { shardAccessContract } from '../../local/shard-access-contract.ts'
import { kinesisServer } from '../../support/kinesis-server.ts'

const kinesis = kinesisServer()
const access = () => new KinesisShardAccess({ client: async () => kinesis.client })

shardAccessContract('Shards of Kinesis streams', async () => ({
  access: access(),
  stream: await kinesis.stream(2),
}))

const HALF = 2n ** 127n
const record = (text: string, explicitHashKey: bigint) => ({
  data: Buffer.from(text),
  partitionKey: 'k',
  explicitHashKey,
})
const shardId = (n: number): string => `shardId-00000000000${n}`

describe('After a split and a merge', () => {
  async function resharded() {
    const [shards, stream] = [access(), await kinesis.stream(1)]
    const [a] = await shards.put(stream, [record('a', 0n)])
    await kinesis.client.splitShard({
      StreamName: stream,
      ShardToSplit: shardId(0),
      NewStartingHashKey: String(HALF),
    })
    await kinesis.active(stream)
    const [b, c] = await shards.put(stream, [record('b', 0n), record('c', HALF)])
    await kinesis.client.mergeShards({
      StreamName: stream,
      ShardToMerge: shardId(1),
      AdjacentShardToMerge: shardId(2),
    })
    await kinesis.active(stream)
    const [d] = await shards.put(stream, [record('d', HALF)])
    return { shards, stream, places: [a, b, c, d] }
  }

  test('children know their parents, and what is closed is not open', async () => {
    const { shards, stream } = await resharded()
    const listed = await shards.shards(stream)
    expect(listed.map(({ shardId, parents, open }) => [shardId, parents, open])).toEqual([
      [shardId(0), [], false],
      [shardId(1), [shardId(0)], false],
      [shardId(2), [shardId(0)], false],
      [shardId(3), [shardId(1), shardId(2)], true],
    ])
    expect(listed[1]).toMatchObject({ startingHashKey: 0n, endingHashKey: HALF - 1n })
    expect(listed[3]).toMatchObject({ startingHashKey: 0n, endingHashKey: 2n * HALF - 1n })
  })

  test('records come to the open shards, and a closed one is read to its end', async () => {
    const { shards, stream, places } = await resharded()
    expect(places.map((place) => place?.shardId)).toEqual([0, 1, 2, 3].map(shardId))
    for (const [n, place] of places.entries()) {
      expect(await shards.look(stream, shardId(n), '')).toBe('records')
      const behind = await shards.look(stream, shardId(n), place?.sequenceNumber ?? '')
      expect(behind).toBe(n === 3 ? 'tip' : 'end')
    }
  })
})

test('streams with many shards are listed page by page', async () => {
  const calls: unknown[] = []
  const { client } = kinesis
  const paged = Object.create(client)
  paged.listShards = (input: object) => {
    calls.push(input)
    return client.listShards({ ...input, MaxResults: 2 })
  }
  const shards = await new KinesisShardAccess({ client: async () => paged }).shards(await kinesis.stream(5))
  expect(shards.map(({ shardId }) => shardId)).toEqual([0, 1, 2, 3, 4].map(shardId))
  expect(calls).toHaveLength(3)
})

test('a stream can have another name than the pipeline calls it', async () => {
  const stream = await kinesis.stream(1)
  const named = new KinesisShardAccess({ client: async () => kinesis.client, nameOf: () => stream })
  expect(await named.shards('flights')).toHaveLength(1)
})

test('a stream that is not there is told by name', async () => {
  await expect(access().shards('nowhere')).rejects.toThrow(ConfigurationError)
  await expect(access().shards('nowhere')).rejects.toThrow(
    "the Kinesis stream 'nowhere', or its shard, is not there",
  )
})
