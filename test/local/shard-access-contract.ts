import { beforeEach, describe, expect, test } from 'vitest'
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts'
import type { ShardAccess, ShardRecord } from '../../lib/core/shards.ts'

/** A new stream with two shards, each with half of the hash keys. */
export interface StreamUnderTest {
  readonly access: ShardAccess
  readonly stream: string
}

const HALF = 2n ** 127n

const record = (text: string, explicitHashKey: bigint, partitionKey = 'k'): ShardRecord => ({
  data: Buffer.from(text),
  partitionKey,
  explicitHashKey,
})

/** What every shard access must do. */
export function shardAccessContract(name: string, create: () => Promise<StreamUnderTest>): void {
  describe(name, () => {
    let access: ShardAccess
    let stream: string

    beforeEach(async () => {
      const made = await create()
      access = made.access
      stream = made.stream
    })

    test('lists the open shards with their hash keys, without gap or overlap', async () => {
      const shards = await access.shards(stream)
      expect(shards.map(({ shardId }) => shardId)).toEqual(['shardId-000000000000', 'shardId-000000000001'])
      // Where exactly the halves meet is the service's choice.
      const [low, high] = shards
      expect(low?.startingHashKey).toBe(0n)
      expect(high?.startingHashKey).toBe((low?.endingHashKey ?? 0n) + 1n)
      expect(high?.endingHashKey).toBe(2n * HALF - 1n)
      expect(shards.map(({ parents, open }) => [parents, open])).toEqual([
        [[], true],
        [[], true],
      ])
    })

    test('a shard that never had a record is at its tip', async () => {
      expect(await access.look(stream, 'shardId-000000000000', '')).toBe('tip')
    })

    test('finds records above a position, and the tip behind the last one', async () => {
      const places = await access.put(stream, [record('a', 0n), record('b', 0n), record('c', HALF)])
      expect(places.map(({ shardId }) => shardId)).toEqual([
        'shardId-000000000000',
        'shardId-000000000000',
        'shardId-000000000001',
      ])
      const [a = '', b = '', c = ''] = places.map(({ sequenceNumber }) => sequenceNumber)
      expect(compareSequenceNumbers(a, b)).toBeLessThan(0)
      const look = (shard: number, position: string) =>
        access.look(stream, `shardId-00000000000${shard}`, position)
      expect(await look(0, '')).toBe('records')
      expect(await look(0, a)).toBe('records')
      expect(await look(0, b)).toBe('tip')
      expect(await look(1, '')).toBe('records')
      expect(await look(1, c)).toBe('tip')
    })

    test('puts records in order for each hash key, however many there are', async () => {
      const many = Array.from({ length: 1_200 }, (_, n) => record(`${n}`, n % 2 === 0 ? 0n : HALF))
      // Of one hash key a call takes one record where the service keeps no order in a call.
      const few = many.slice(0, 30)
      const places = await access.put(stream, few)
      for (const [n, place] of places.entries()) {
        expect(place.shardId).toBe(`shardId-00000000000${n % 2}`)
        const before = places[n - 2]
        if (before === undefined) continue
        expect(compareSequenceNumbers(before.sequenceNumber, place.sequenceNumber)).toBeLessThan(0)
      }
      const spread = many.map((each, n) => ({ ...each, explicitHashKey: BigInt(n) }))
      expect(await access.put(stream, spread)).toHaveLength(1_200)
    })

    test('a put of nothing puts nothing', async () => {
      expect(await access.put(stream, [])).toEqual([])
      expect(await access.look(stream, 'shardId-000000000000', '')).toBe('tip')
    })

    test('a shard that does not exist is an error', async () => {
      await expect(access.look(stream, 'shardId-000000000099', '')).rejects.toThrow('shardId-000000000099')
    })
  })
}
