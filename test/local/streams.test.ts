import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test, vi } from 'vitest'
import { ConfigurationError, InvalidRecordError } from '../../lib/core/errors.ts'
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { numbered, record } from './mapping-fixture.ts'

const ALL = { records: 100_000, bytes: Number.POSITIVE_INFINITY }
const SHARD = 'shardId-000000000000'

function open(shards = 1, maxRecordBytes?: number) {
  const clock = new VirtualClock(5_000)
  const database = openDatabase(':memory:')
  const streams = new LocalStreams(database, clock)
  streams.create('s', { shards, ...(maxRecordBytes && { maxRecordBytes }) })
  const texts = (shardId = SHARD, after = -1, limits = ALL) =>
    streams.read('s', shardId, after, limits).map((r) => r.body.toString('utf8', r.start, r.end))
  return { clock, database, streams, texts }
}

describe('A stream', () => {
  test('splits the hash keys evenly over its shards, without gap or overlap', () => {
    const { shards } = open(3).streams.describe('s')
    expect(shards.map(({ shardId }) => shardId)).toEqual([
      'shardId-000000000000',
      'shardId-000000000001',
      'shardId-000000000002',
    ])
    expect(shards[0]?.startingHashKey).toBe(0n)
    expect(shards[1]?.startingHashKey).toBe((shards[0]?.endingHashKey ?? 0n) + 1n)
    expect(shards[2]?.startingHashKey).toBe((shards[1]?.endingHashKey ?? 0n) + 1n)
    expect(shards[2]?.endingHashKey).toBe(2n ** 128n - 1n)
    const sizes = shards.map((shard) => shard.endingHashKey - shard.startingHashKey)
    expect(Math.max(...sizes.map((size) => Number(size - (sizes[0] ?? 0n))))).toBeLessThanOrEqual(1)
  })

  test('routes by the MD5 of the partition key', () => {
    const { streams, texts } = open(5)
    const keys = Array.from({ length: 50 }, (_, i) => `key ${i}`)
    streams.put(
      's',
      [...keys, ...keys].map((key) => record(key, key)),
    )
    for (const { shardId, startingHashKey, endingHashKey } of streams.describe('s').shards) {
      const expected = keys.filter((key) => {
        const hashKey = BigInt(`0x${createHash('md5').update(key).digest('hex')}`)
        return hashKey >= startingHashKey && hashKey <= endingHashKey
      })
      expect(texts(shardId)).toEqual([...expected, ...expected])
      expect(expected.length).toBeGreaterThan(0)
    }
  })

  test('routes by an explicit hash key where one is given', () => {
    const { streams, texts } = open(2)
    streams.put('s', [
      { ...record('low'), explicitHashKey: 2n ** 127n - 1n },
      { ...record('high'), explicitHashKey: 2n ** 127n },
    ])
    expect([texts(), texts('shardId-000000000001')]).toEqual([['low'], ['high']])
    expect(() => streams.put('s', [{ ...record('x'), explicitHashKey: 2n ** 128n }])).toThrow('hash key')
  })

  test('can be created again as it is, and not with another number of shards', () => {
    const { streams } = open(2)
    streams.put('s', numbered(0, 3))
    streams.create('s', { shards: 2 })
    expect(streams.describe('s').records).toBe(3)
    expect(() => streams.create('s', { shards: 3 })).toThrow(ConfigurationError)
    expect(() => streams.create('s', { shards: 3 })).toThrow(/has 2 shard\(s\), and 3 were asked for.*delete/)
  })

  test('that nobody created is an error that tells how to', () => {
    expect(() => open().streams.put('unknown', [])).toThrow("streams.create('unknown'")
  })

  test('has sequence numbers as Kinesis has: 56 digits, rising, unique, beyond Number', () => {
    const { streams } = open(3)
    const records = Array.from({ length: 300 }, (_, i) => record(`${i}`, `key ${i % 20}`))
    const placements = [streams.put('s', records), streams.put('s', records)]
    const seen = new Set<string>()
    const last = new Map<string, string>()
    for (const placement of placements) {
      for (let i = 0; i < placement.count; i++) {
        const { shardId, sequenceNumber } = placement.at(i)
        expect(sequenceNumber).toMatch(/^49\d{54}$/)
        const previous = last.get(shardId)
        if (previous !== undefined) {
          expect(compareSequenceNumbers(sequenceNumber, previous)).toBeGreaterThan(0)
          expect(Number(sequenceNumber)).toBe(Number(previous))
        }
        last.set(shardId, sequenceNumber)
        seen.add(sequenceNumber)
      }
    }
    expect(seen.size).toBe(600)
  })

  test('keeps bytes, keys and arrivals as they were, across chunks and compression', () => {
    const { streams, clock } = open()
    const bytes = (i: number) => Buffer.from(Array.from({ length: i % 300 }, (_, j) => (i * j) % 256))
    const records = Array.from({ length: 2_500 }, (_, i) => ({
      data: bytes(i),
      partitionKey: `clé "${i % 7}" \u{1F600}`,
      arrival: 1_700_000_000_000 + (i % 3) * 0.5,
    }))
    streams.put('s', records)
    streams.put('s', [{ data: Buffer.alloc(0), partitionKey: 'k' }])
    const read = streams.read('s', SHARD, -1, ALL)
    expect(read).toHaveLength(2_501)
    for (const [i, { index, partitionKey, arrival, body, start, end }] of read.slice(0, -1).entries()) {
      expect(index).toBe(i)
      expect(body.subarray(start, end).equals(bytes(i))).toBe(true)
      expect({ partitionKey, arrival }).toEqual({
        partitionKey: records[i]?.partitionKey,
        arrival: records[i]?.arrival,
      })
    }
    expect(read.at(-1)).toMatchObject({ arrival: clock.now(), partitionKey: 'k' })
  })
})

describe('A read', () => {
  test('goes on after an index, within the limits, across chunks', () => {
    const { streams, texts } = open()
    for (let i = 0; i < 10; i++) streams.put('s', numbered(i * 3, 3))
    expect(texts(SHARD, 3, { records: 5, bytes: 1_000 })).toEqual(['4', '5', '6', '7', '8'])
    expect(texts(SHARD, 27, ALL)).toEqual(['28', '29'])
    expect(texts(SHARD, 29, ALL)).toEqual([])
    expect(texts(SHARD, 9, { records: 100, bytes: 7 })).toEqual(['10', '11', '12'])
  })

  test('gives the first record whatever its size', () => {
    const { streams, texts } = open()
    streams.put('s', [record('large'), record('x')])
    expect(texts(SHARD, -1, { records: 10, bytes: 1 })).toEqual(['large'])
  })

  test('still finds everything when the decoded chunks are more than the cache holds', () => {
    const { streams, texts } = open()
    for (let i = 0; i < 400; i++) streams.put('s', numbered(i, 1))
    const expected = Array.from({ length: 400 }, (_, i) => `${i}`)
    expect(texts()).toEqual(expected)
    expect(texts()).toEqual(expected)
    expect(texts(SHARD, 4, { records: 2, bytes: 100 })).toEqual(['5', '6'])
  })

  test('of an unknown shard names those that are there', () => {
    expect(() => open(2).texts('shardId-000000000002')).toThrow(
      'shardId-000000000000 to shardId-000000000001',
    )
  })
})

describe('A put', () => {
  test('refuses what Kinesis refuses, and keeps nothing of the whole put then', () => {
    const { streams } = open()
    const refused = [
      { data: Buffer.alloc(1_048_576), partitionKey: 'k' },
      { data: Buffer.alloc(1), partitionKey: '' },
      { data: Buffer.alloc(1), partitionKey: 'k'.repeat(257) },
    ]
    for (const bad of refused) {
      const put = () => streams.put('s', [record('good'), bad], { producer: { name: 'p', offset: 2 } })
      expect(put).toThrow(InvalidRecordError)
    }
    expect(() => streams.put('s', refused.slice(0, 1))).toThrow('1048577 bytes (data and key)')
    expect(streams.describe('s').records).toBe(0)
    expect(streams.producerOffset('s', 'p')).toBeUndefined()
  })

  test('takes a record of exactly 1 MiB with its key, and of 10 MiB where the stream allows it', () => {
    const { streams } = open()
    streams.put('s', [{ data: Buffer.alloc(1_048_574), partitionKey: 'é' }])
    expect(streams.describe('s').records).toBe(1)
    const large = open(1, 10_485_760).streams
    large.put('s', [{ data: Buffer.alloc(10_485_759), partitionKey: 'k' }])
    expect(large.describe('s').records).toBe(1)
  })

  test('stores the offset of its producer; another producer has its own', () => {
    const { streams } = open()
    streams.put('s', numbered(0, 2), { producer: { name: 'p', offset: 2 } })
    streams.put('s', numbered(2, 2), { producer: { name: 'p', offset: 4 } })
    streams.put('s', numbered(4, 1), { producer: { name: 'q', offset: 1 } })
    expect([streams.producerOffset('s', 'p'), streams.producerOffset('s', 'q')]).toEqual([4, 1])
  })

  test('tells the listeners of its stream, until they unsubscribe', () => {
    const { streams } = open()
    streams.create('other', { shards: 1 })
    const listener = vi.fn()
    const unsubscribe = streams.onPut('s', listener)
    streams.put('other', numbered(0, 1))
    expect(listener).toHaveBeenCalledTimes(0)
    streams.put('s', numbered(0, 1))
    streams.end('s')
    expect(listener).toHaveBeenCalledTimes(2)
    unsubscribe()
    streams.end('s')
    expect(listener).toHaveBeenCalledTimes(2)
  })

  test('of two connections to one file goes into one order', () => {
    const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
    const [a, b] = [1, 2].map(() => new LocalStreams(openDatabase(join(folder, 'local.db'))))
    a?.create('s', { shards: 1 })
    for (let i = 0; i < 6; i++) (i % 2 ? a : b)?.put('s', numbered(i * 2, 2))
    for (const streams of [a, b]) {
      const read = streams?.read('s', SHARD, -1, ALL) ?? []
      expect(read.map((r) => r.body.toString('utf8', r.start, r.end))).toEqual(
        Array.from({ length: 12 }, (_, i) => `${i}`),
      )
    }
  })
})

describe('The end of a stream', () => {
  test('is stored with the last records and their offset; nothing can be put after it', () => {
    const { streams } = open()
    expect(streams.ended('s')).toBe(false)
    streams.put('s', numbered(0, 2), { producer: { name: 'p', offset: 2 }, end: true })
    expect(streams.ended('s')).toBe(true)
    expect(streams.describe('s')).toMatchObject({ records: 2, ended: true })
    expect(() => streams.put('s', numbered(2, 1))).toThrow('marked as ended')
    expect(streams.describe('s').records).toBe(2)
  })

  test('can come by itself, with an offset, and twice', () => {
    const { streams } = open()
    streams.end('s', { producer: { name: 'p', offset: 7 } })
    streams.end('s')
    expect([streams.ended('s'), streams.producerOffset('s', 'p')]).toEqual([true, 7])
  })
})

test('A chunk of a later format is refused with the way out', () => {
  const { streams, database, texts } = open()
  streams.put('s', numbered(0, 2))
  database.exec("UPDATE local_stream_chunks SET body = x'63'")
  expect(() => texts()).toThrow(/format 99.*delete the database file/)
})
