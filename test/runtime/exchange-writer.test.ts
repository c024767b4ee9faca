import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { WHOLE_RANGE } from '../../lib/core/hash-key.ts'
import type { HashRange, ShardAccess } from '../../lib/core/shards.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalShardAccess } from '../../lib/local/shard-access.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { ExchangeWriter } from '../../lib/runtime/exchange-writer.ts'
import { ShardList } from '../../lib/runtime/shard-list.ts'

const LIMITS = { records: 100, bytes: Number.POSITIVE_INFINITY }
const order = { generation: 0, epoch: 0, sequenceNumber: '1', subSequence: 0, tick: 0, output: 0 }

function world(shards: number, more: Partial<ShardAccess> = {}) {
  const streams = new LocalStreams(openDatabase(':memory:'))
  streams.create('x', { shards })
  const local = new LocalShardAccess(streams)
  const access: ShardAccess = {
    shards: (stream) => local.shards(stream),
    look: (...given) => local.look(...given),
    put: (...given) => local.put(...given),
    ...more,
  }
  const writer = new ExchangeWriter(access, 'x', new ShardList(access, 'x'))
  const texts = () =>
    streams.describe('x').shards.map(({ shardId }) =>
      streams
        .read('x', shardId, -1, LIMITS)
        .map(({ body, start, end }) => body.toString('utf8', start, end))
        .join(' '),
    )
  return { streams, local, writer, texts }
}

const output = ({ startingHashKey, endingHashKey }: HashRange, text: string): SinkRecord => {
  const payload = {
    start: startingHashKey.toString(16),
    end: endingHashKey.toString(16),
    data: Buffer.from(text),
  }
  return { id: text, order, payload }
}

describe('Frames', () => {
  test('go to the shards that they were cut for, the parts of each in order', async () => {
    const { writer, texts } = world(2)
    const [a, b] = await writer.ranges()
    if (a === undefined || b === undefined) throw new Error('two ranges')
    await writer.write([output(a, 'a0'), output(b, 'b0'), output(a, 'a1'), output(b, 'b1'), output(b, 'b2')])
    expect(texts()).toEqual(['a0 a1', 'b0 b1 b2'])
  })

  test('reach all that came of a shard that was split, or split again, since they were cut', async () => {
    const { streams, writer, texts } = world(1)
    const [whole = WHOLE_RANGE] = await writer.ranges()
    streams.split('x', 'shardId-000000000000')
    streams.split('x', 'shardId-000000000001')
    await writer.write([output(whole, 'p0'), output(whole, 'p1')])
    expect(texts()).toEqual(['', '', 'p0 p1', 'p0 p1', 'p0 p1'])
    expect(await writer.ranges()).toHaveLength(3)
  })

  test('reach a shard that others were merged into', async () => {
    const { streams, writer, texts } = world(2)
    const ranges = await writer.ranges()
    streams.merge('x', 'shardId-000000000000', 'shardId-000000000001')
    await writer.write(ranges.map((range, index) => output(range, `${index}`)))
    expect(texts()).toEqual(['', '', '0 1'])
    expect(await writer.ranges()).toEqual([WHOLE_RANGE])
  })

  test('that the stream does not take for now are put again by whoever publishes again', async () => {
    let full = true
    const put: ShardAccess['put'] = async (...given) => {
      if (full) throw new RetryableError('the stream is full')
      return local.put(...given)
    }
    const { local, writer, texts } = world(1, { put })
    await expect(writer.write([output(WHOLE_RANGE, 'a')])).rejects.toThrow('the stream is full')
    full = false
    await writer.write([output(WHOLE_RANGE, 'a')])
    expect(texts()).toEqual(['a'])
  })

  test('are waited for when the stream does not list yet where it put them', async () => {
    const { local, writer } = world(1, {
      put: async () => [{ shardId: 'shardId-000000000009', sequenceNumber: '1' }],
    })
    expect(local).toBeDefined()
    await expect(writer.write([output(WHOLE_RANGE, 'a')])).rejects.toThrow(RetryableError)
  })
})

test('ranges leave no hash key out and none twice, whatever a list in the middle of a reshard shows', async () => {
  const shard = (start: bigint, end: bigint, open = true) => ({
    shardId: `${start}`,
    parents: [],
    open,
    startingHashKey: start,
    endingHashKey: end,
  })
  const listed = [shard(10n, 19n), shard(15n, 30n), shard(40n, 50n, false), shard(41n, 60n), shard(42n, 50n)]
  const { writer } = world(1, { shards: async () => listed })
  const ranges = await writer.ranges()
  let next = 0n
  for (const { startingHashKey, endingHashKey } of ranges) {
    expect(startingHashKey).toBe(next)
    next = endingHashKey + 1n
  }
  expect(next).toBe(2n ** 128n)
})
