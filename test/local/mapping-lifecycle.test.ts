import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, onTestFinished, test } from 'vitest'
import { openDatabase } from '../../lib/local/database.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import { failing, MappingFixture, numbered, record } from './mapping-fixture.ts'

const SHARD = 'shardId-000000000000'

const databasePath = (): string => {
  const folder = mkdtempSync(join(tmpdir(), 'millrace-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'local.db')
}

describe('A mapping', () => {
  test('starts at the first record of the stream', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    expect(f.mapping().position(SHARD)).toBeUndefined()
    await f.started()
    expect(f.batches).toEqual(['1 2'])
  })

  test('goes on behind its checkpoint after a restart, in another process too', async () => {
    const path = databasePath()
    const f = new MappingFixture(1, undefined, openDatabase(path))
    f.streams.put('s', numbered(1, 5))
    f.answer = (invocation) => failing(invocation, '4')
    const first = await f.started()
    const stopping = first.stop()
    await f.clock.advance(1_000)
    await stopping
    f.database.close()

    const g = new MappingFixture(1, undefined, openDatabase(path))
    await g.started()
    expect(g.batches).toEqual(['4 5'])
  })

  test('keeps a position of its own beside other functions on the stream', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    await f.started()
    f.mapping({}, 'other').start()
    await f.clock.advance(0)
    expect(f.batches).toEqual(['1 2', '1 2'])
  })

  test('starts at the first record again once it was deleted', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    const mapping = await f.started()
    const deleting = mapping.delete()
    await f.clock.settle()
    await deleting
    await f.started()
    expect(f.batches).toEqual(['1 2', '1 2'])
  })

  test('has one batch per shard in flight', async () => {
    const f = new MappingFixture(2)
    const put = (text: string) =>
      f.streams.put('s', [
        { ...record(`a${text}`), explicitHashKey: 0n },
        { ...record(`b${text}`), explicitHashKey: 2n ** 127n },
      ])
    f.answer = () => f.clock.sleep(1_000)
    put('1')
    await f.started()
    put('2')
    await f.clock.advance(999)
    expect([...f.batches].sort()).toEqual(['a1', 'b1'])
    await f.clock.advance(1)
    expect([...f.batches].sort()).toEqual(['a1', 'a2', 'b1', 'b2'])
  })

  test('stops after the batch in flight, whose position is kept', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 4))
    f.answer = () => f.clock.sleep(1_000)
    const mapping = await f.started({ batchSize: 2 })
    let stopped = false
    const stopping = mapping.stop().then(() => {
      stopped = true
    })
    await f.clock.advance(999)
    expect(stopped).toBe(false)
    await f.clock.advance(1)
    await stopping
    expect(f.batches).toEqual(['1 2'])
    expect(mapping.lag()).toBe(2)
  })

  test('stops in the middle of a back-off', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2))
    f.answer = () => {
      throw new Error('always')
    }
    const mapping = await f.started()
    await mapping.stop()
    expect(f.batches).toEqual(['1 2'])
    expect(mapping.lag()).toBe(2)
  })

  test('runs on when it is started after a stop', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 1))
    const mapping = await f.started()
    await mapping.stop()
    f.streams.put('s', numbered(2, 1))
    await f.clock.advance(1_000)
    expect(f.batches).toEqual(['1'])
    mapping.start()
    await f.clock.settle()
    expect(f.batches).toEqual(['1', '2'])
  })

  test('sees records that another connection put', async () => {
    const path = databasePath()
    const f = new MappingFixture(1, undefined, openDatabase(path))
    await f.started()
    new LocalStreams(openDatabase(path), f.clock).put('s', [record('from afar')])
    await f.clock.settle()
    expect(f.batches).toEqual([])
    await f.clock.advance(50)
    expect(f.batches).toEqual(['from afar'])
  })

  test('is drained when the stream has ended and every record of every shard is done', async () => {
    const f = new MappingFixture(3)
    f.streams.put(
      's',
      Array.from({ length: 30 }, (_, i) => record(`${i}`, `key ${i}`)),
    )
    f.answer = () => f.clock.sleep(100)
    const mapping = await f.started({ batchSize: 5 })
    let drained = false
    const draining = mapping.drained().then(() => {
      drained = true
    })
    await f.clock.advance(10_000)
    expect(mapping.lag()).toBe(0)
    expect(drained).toBe(false)
    f.streams.put('s', [record('last')], { end: true })
    await f.clock.advance(99)
    expect(drained).toBe(false)
    await f.clock.advance(1)
    await draining
    expect(mapping.lag()).toBe(0)
  })

  test('is not drained by a stop', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(1, 2), { end: true })
    f.answer = () => f.clock.sleep(100)
    const mapping = await f.started({ batchSize: 1 })
    let drained = false
    void mapping.drained().then(() => {
      drained = true
    })
    const stopping = mapping.stop()
    await f.clock.advance(1_000)
    await stopping
    expect(drained).toBe(false)
    mapping.start()
    await f.clock.advance(1_000)
    expect(drained).toBe(true)
  })

  test('that is stopped when some shards are done and others not is not drained', async () => {
    const f = new MappingFixture(2)
    f.streams.put('s', numbered(1, 1), { end: true })
    f.answer = () => {
      throw new Error('always')
    }
    const mapping = await f.started()
    let drained = false
    void mapping.drained().then(() => {
      drained = true
    })
    await mapping.stop()
    await f.clock.settle()
    expect(drained).toBe(false)
  })

  test('is drained by an end that another connection wrote', async () => {
    const path = databasePath()
    const f = new MappingFixture(1, undefined, openDatabase(path))
    const mapping = await f.started()
    new LocalStreams(openDatabase(path), f.clock).end('s')
    await f.clock.advance(50)
    await expect(mapping.drained()).resolves.toBeUndefined()
  })

  test('gives the error to drained and stop when its database fails', async () => {
    const f = new MappingFixture()
    const mapping = await f.started()
    f.database.exec('DROP TABLE local_stream_shards')
    await f.clock.advance(50)
    await expect(mapping.drained()).rejects.toThrow('local_stream_shards')
    await expect(mapping.stop()).rejects.toThrow('local_stream_shards')
  })

  test('stops all its shards when one cannot go on', async () => {
    const f = new MappingFixture(2)
    f.answer = ({ event }) => {
      // The database fails when the position of this batch is stored.
      if (event.Records[0]?.kinesis.partitionKey === 'bad')
        f.database.exec('DROP TABLE local_mapping_positions')
    }
    const mapping = await f.started()
    f.streams.put('s', [{ ...record('a', 'bad'), explicitHashKey: 0n }])
    await f.clock.advance(100)
    f.streams.put('s', [{ ...record('b'), explicitHashKey: 2n ** 127n }])
    await f.clock.advance(100)
    expect(f.batches).toEqual(['a'])
    await expect(mapping.stop()).rejects.toThrow('local_mapping_positions')
  })

  test('leaves time to timers while a handler that never waits works off a backlog', async () => {
    const f = new MappingFixture()
    f.streams.put('s', numbered(0, 2_000))
    let seen = -1
    setImmediate(() => {
      seen = f.invocations.length
    })
    await f.started({ batchSize: 100 })
    await f.clock.settle()
    expect(seen).toBeLessThan(20)
    expect(f.invocations).toHaveLength(20)
  })
})
