import { expect, test } from 'vitest'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalShardAccess } from '../../lib/local/shard-access.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { shardAccessContract } from './shard-access-contract.ts'

shardAccessContract('Shards of local streams', async () => {
  const streams = new LocalStreams(openDatabase(':memory:'))
  streams.create('s', { shards: 2 })
  return { access: new LocalShardAccess(streams), stream: 's' }
})

shardAccessContract('Shards of a driven pipeline', async () => {
  const { streams, shards } = new MemoryEnvironment(new VirtualClock())
  streams.create('s', { shards: 2 })
  return { access: shards, stream: 's' }
})

test('the shard of a stream that was marked as ended is at its end once all of it is read', async () => {
  const streams = new LocalStreams(openDatabase(':memory:'))
  streams.create('s', { shards: 1 })
  const access = new LocalShardAccess(streams)
  const [place] = await access.put('s', [{ data: Buffer.from('a'), partitionKey: 'k', explicitHashKey: 0n }])
  streams.end('s')
  expect(await access.look('s', 'shardId-000000000000', '')).toBe('records')
  expect(await access.look('s', 'shardId-000000000000', place?.sequenceNumber ?? '')).toBe('end')
})
