import { expect, test } from 'vitest'
import { KinesisShardAccess } from '../../../lib/connectors/kinesis/shard-access.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { window } from '../../../lib/operators/window.ts'
import { lambda } from '../../../lib/runtime/handler.ts'
import { MemoryEnvironment } from '../../../lib/testing/memory-environment.ts'
import { systemClock } from '../../../lib/time/clock.ts'
import { aggregate } from '../../../lib/windows/aggregates/aggregate.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { sum } from '../../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { KinesisMapping } from '../../support/kinesis-mapping.ts'
import { kinesisServer } from '../../support/kinesis-server.ts'
import { all, type Reading, reading, readingsOf } from '../../support/readings.ts'

const END_OF_TIME = Number.MAX_SAFE_INTEGER

const kinesis = kinesisServer()

/** Readings of sensors, by which the producer keys, in some places, by which the pipeline does. */
const data: readonly Reading[] = Array.from({ length: 240 }, (_, n) =>
  reading(n, (n * 7) % 5, `sensor-${n % 13}`),
)
const WINDOW = 60

/** What must come out: a window's readings of a place, as a straight computation has it. */
function expected(): unknown[] {
  const windows = new Map<string, { n: number; total: number }>()
  for (const { at, n } of data) {
    const id = `${Math.floor(at / WINDOW) * WINDOW} place ${n}`
    const seen = windows.get(id) ?? { n: 0, total: 0 }
    windows.set(id, { n: seen.n + 1, total: seen.total + at })
  }
  return [...windows].map(([id, value]) => [id, value]).sort()
}

test('two stages over shards that are split and merged give what a straight computation does', async () => {
  const source = await kinesis.stream(2)
  const { client } = kinesis
  const made = pipeline(
    `p-${source}`,
    readingsOf(source, '1h'),
    keyBy(({ n }) => `place ${n}`),
    window('places', {
      over: tumbling('60ms'),
      aggregate: aggregate({ n: count(), total: sum((r: Reading) => r.at) }),
    }),
    all(),
  )
  const exchange = `p-${source}.places`
  await client.createStream({ StreamName: exchange, ShardCount: 2 })
  await kinesis.active(exchange)
  const access = new KinesisShardAccess({ client: async () => client })
  const environment = new MemoryEnvironment(systemClock)
  const handler = lambda(made)
  handler.connect({ ...environment, openSink: (target) => environment.openSink(target), shards: access })
  const mapping = new KinesisMapping(client, access, handler)
  const drain = () => mapping.drain(source, exchange)
  const put = async (readings: readonly Reading[]): Promise<void> => {
    for (const { key, at, n } of readings) {
      await client.putRecord({
        StreamName: source,
        PartitionKey: key,
        Data: Buffer.from(`${key} ${at} ${n}`),
      })
    }
  }
  const split = async (stream: string): Promise<void> => {
    const [shard] = (await access.shards(stream)).filter(({ open }) => open)
    if (shard === undefined) throw new Error('no open shard')
    const middle = (shard.startingHashKey + shard.endingHashKey) / 2n
    const change = { StreamName: stream, ShardToSplit: shard.shardId, NewStartingHashKey: String(middle) }
    await client.splitShard(change)
    await kinesis.active(stream)
  }
  const merge = async (stream: string): Promise<void> => {
    const open = (await access.shards(stream)).filter((shard) => shard.open)
    const [low, high] = open.sort((a, b) => (a.startingHashKey < b.startingHashKey ? -1 : 1))
    const change = { StreamName: stream, ShardToMerge: low?.shardId, AdjacentShardToMerge: high?.shardId }
    await client.mergeShards(change)
    await kinesis.active(stream)
  }

  await put(data.slice(0, 60))
  await drain()
  await split(source)
  await put(data.slice(60, 120))
  await split(exchange)
  await drain()
  await merge(exchange)
  await put(data.slice(120, 180))
  await merge(source)
  await put(data.slice(180))
  await drain()
  for (const { shardId, open } of await access.shards(source)) {
    if (open) await handler({ millrace: { stream: source, shardId, watermark: END_OF_TIME } }, {} as never)
  }
  await drain()

  const [sink] = made.sinks
  if (sink === undefined) throw new Error('no sink')
  const panes = environment.openSink(sink.target).items() as {
    value: { key: string; start: number; value: object }
  }[]
  expect(panes.map(({ value }) => [`${value.start} ${value.key}`, value.value]).sort()).toEqual(expected())
  expect(environment.letters()).toEqual([])
}, 120_000)
