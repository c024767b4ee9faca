import { describe, expect, test } from 'vitest'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalShardAccess } from '../../lib/local/shard-access.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { MappingFixture, record } from './mapping-fixture.ts'

const [S0, S1, S2, S3] = [0, 1, 2, 3].map((number) => `shardId-00000000000${number}`) as [
  string,
  string,
  string,
  string,
]
const HALF = 2n ** 127n

function stream(shards: number) {
  const database = openDatabase(':memory:')
  const streams = new LocalStreams(database)
  streams.create('s', { shards })
  return { database, streams, access: new LocalShardAccess(streams) }
}

describe('A local stream', () => {
  test('splits a shard in the middle or at a hash key, and merges shards that touch', async () => {
    const { streams, access } = stream(1)
    streams.split('s', S0)
    streams.merge('s', S2, S1)
    streams.split('s', S3, 5n)
    expect(
      (await access.shards('s')).map(({ shardId, parents, open, startingHashKey }) => [
        shardId,
        parents,
        open,
        startingHashKey,
      ]),
    ).toEqual([
      [S0, [], false, 0n],
      [S1, [S0], false, 0n],
      [S2, [S0], false, HALF],
      [S3, [S2, S1], false, 0n],
      ['shardId-000000000004', [S3], true, 0n],
      ['shardId-000000000005', [S3], true, 5n],
    ])
  })

  test('refuses to reshard what is closed, does not touch, or has nothing to split', () => {
    const { streams } = stream(3)
    expect(() => streams.merge('s', S0, S2)).toThrow('expected two open shards whose hash keys touch')
    expect(() => streams.split('s', S0, 0n)).toThrow('expected one above 0')
    streams.split('s', S0)
    expect(() => streams.split('s', S0)).toThrow('is not open')
  })

  test('puts into the open shards, also when another connection has resharded it', () => {
    const { database, streams } = stream(1)
    const other = new LocalStreams(database)
    const low = { data: Buffer.from('x'), partitionKey: 'k', explicitHashKey: 0n }
    expect(other.put('s', [low]).at(0).shardId).toBe(S0)
    streams.split('s', S0)
    const placed = other.put('s', [low, { ...low, explicitHashKey: HALF }])
    expect([placed.at(0).shardId, placed.at(1).shardId]).toEqual([S1, S2])
    expect(other.head('s', S2)).toBe(1)
  })

  test('tells what is above a position, and that nothing will come when a shard is closed', async () => {
    const { streams, access } = stream(1)
    expect(await access.look('s', S0, '')).toBe('tip')
    const { sequenceNumber } = streams.put('s', [record('a')]).at(0)
    streams.split('s', S0)
    expect(await access.look('s', S0, '')).toBe('records')
    expect(await access.look('s', S0, sequenceNumber)).toBe('end')
  })
})

describe('A mapping', () => {
  const at = (text: string, explicitHashKey: bigint) => ({ ...record(text), explicitHashKey })

  test('reads the shards that a reshard made once those are done that it closed', async () => {
    const fixture = new MappingFixture(2)
    const { streams, clock } = fixture
    streams.put('s', [at('a', 0n), at('b', HALF)])
    let busy = true
    fixture.answer = (invocation) => {
      if (busy && invocation.texts.includes('b')) throw new Error('not yet')
    }
    const mapping = await fixture.started()
    streams.merge('s', S0, S1)
    streams.put('s', [at('c', 0n)])
    streams.split('s', S2)
    streams.put('s', [at('d', HALF)])
    await clock.advance(1_000)
    expect(new Set(fixture.batches)).toEqual(new Set(['a', 'b']))
    busy = false
    await clock.advance(60_000)
    expect(fixture.batches.slice(-3)).toEqual(['b', 'c', 'd'])
    streams.end('s')
    await clock.advance(1_000)
    await mapping.drained()
    await mapping.stop()
  })

  test('made anew goes on in the shards that it has not read', async () => {
    const fixture = new MappingFixture(1)
    const { streams, clock } = fixture
    streams.put('s', [at('a', 0n)])
    const first = await fixture.started()
    await first.stop()
    streams.split('s', S0)
    streams.put('s', [at('b', 0n)])
    const second = await fixture.started()
    await clock.advance(1_000)
    expect(fixture.batches).toEqual(['a', 'b'])
    await second.stop()
  })
})
