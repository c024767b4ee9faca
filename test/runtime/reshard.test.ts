import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { RetryableError, ShardClosedError } from '../../lib/core/errors.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import type { ShardAccess } from '../../lib/core/shards.ts'
import { shardIdOf } from '../../lib/local/sequence.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { lambda, type StreamHandler } from '../../lib/runtime/handler.ts'
import { loadLog } from '../../lib/state/load-log.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { ShardFeed } from '../../lib/testing/shard-feed.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, emitted, type Reading, reading, readings, run } from '../support/readings.ts'

const counted = window('w', { over: tumbling('10ms'), aggregate: count() })
const byKey = (): Pipeline => pipeline('p', readings(), keyBy(), counted, all())
const byNumber = (): Pipeline =>
  pipeline(
    'p',
    readings(),
    keyBy(({ n }: Reading) => `${n}`),
    counted,
    all(),
  )

/** Two stages, driven shard by shard. */
class World {
  readonly environment = new MemoryEnvironment(new VirtualClock(1_000_000))
  readonly #feeds = new Map<string, ShardFeed>()
  readonly #code: () => Pipeline

  constructor(code = byNumber) {
    this.#code = code
    for (const stream of ['readings', 'p.w']) this.environment.streams.create(stream, { shards: 1 })
  }

  sandbox(more: Partial<Environment> = {}): StreamHandler {
    const { environment } = this
    const handler = lambda(this.#code())
    handler.connect({ ...environment, openSink: (target) => environment.openSink(target), ...more })
    return handler
  }

  put(...values: readonly Reading[]): void {
    const records = values.map(({ key, at, n }) => ({
      data: Buffer.from(`${key} ${at} ${n}`),
      partitionKey: key,
      arrival: at,
    }))
    this.environment.streams.put('readings', records)
  }

  feed(shard: number, stream = 'readings'): ShardFeed {
    const known = this.#feeds.get(`${stream}/${shard}`)
    const feed = known ?? new ShardFeed(this.environment.streams, stream, shardIdOf(shard))
    this.#feeds.set(`${stream}/${shard}`, feed)
    return feed
  }

  /** Delivers everything, shard by shard. */
  async deliver(handler: StreamHandler): Promise<void> {
    for (const stream of ['readings', 'p.w']) {
      for (const [shard] of this.environment.streams.describe(stream).shards.entries()) {
        await this.feed(shard, stream).deliver(handler, 10)
      }
    }
  }

  async end(handler: StreamHandler): Promise<void> {
    const { shards } = this.environment.streams.describe('readings')
    for (const [shard, { open }] of shards.entries()) {
      if (open) await this.feed(shard).tick(handler, Number.MAX_SAFE_INTEGER)
    }
    await this.deliver(handler)
  }

  panes(): unknown[] {
    const [sink] = this.#code().sinks
    if (sink === undefined) throw new Error('no sink')
    return this.environment
      .openSink(sink.target)
      .items()
      .map(({ value }) => value as Windowed<string, number>)
      .map(({ key, start, value }) => `${key}@${start}: ${value}`)
      .sort()
  }
}

describe('A pipeline without exchange', () => {
  test('keeps its windows over splits and merges, each key in its own shard', async () => {
    const driven = run(byKey(), { shards: 1 })
      .send(reading(1, 1, 'a'), reading(2, 1, 'b'), reading(3, 1, 'c'))
      .reshard({ split: 0 })
      .send(reading(4, 1, 'a'), reading(5, 1, 'b'), reading(6, 1, 'c'))
      .restart()
      .reshard({ merge: [1, 2] })
      .send(reading(7, 1, 'a'), reading(8, 1, 'b'), reading(9, 1, 'c'))
      .end()
    const panes = (await emitted<Windowed<string, number>>(driven)).map(({ key, value }) => [key, value])
    expect(panes.sort()).toEqual([
      ['a', 3],
      ['b', 3],
      ['c', 3],
    ])
  })

  test('copies to every child what belongs to no key', async () => {
    const once = pipeline(
      'p',
      readings(),
      dedupe('d', { by: ({ n }: Reading) => `${n}`, within: '1s' }),
      all(),
    )
    const driven = run(once, { shards: 1 })
      .send(reading(1, 7, 'a'))
      .reshard({ split: 0 })
      .send(reading(2, 7, 'a'), reading(2, 7, 'b'), reading(2, 7, 'c'), reading(2, 7, 'd'))
    expect(await emitted(driven)).toHaveLength(1)
  })
})

describe('After a merge', () => {
  // By MD5 'a' and 'c' are in the lower half of the hash keys, 'b' and 'd' in the upper one.
  const lenient = (): Pipeline =>
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', {
        over: tumbling('10ms'),
        aggregate: count(),
        allowedLateness: '30ms',
        late: all('late'),
      }),
      all(),
    )
  const ahead = () =>
    run(lenient(), { shards: 2, batchSize: 1 })
      .send(reading(1, 1, 'a'), reading(35, 1, 'a'), reading(3, 1, 'b'))
      .reshard({ merge: [0, 1] })
  const panes = async (driven: ReturnType<typeof run>) =>
    (await emitted<Windowed<string, number>>(driven))
      .map(({ key, start, value, pane }) => `${key}@${start}: ${value} ${pane.timing} ${pane.index}`)
      .sort()

  test('what one parent fired is not fired again', async () => {
    const driven = ahead()
      .send(reading(36, 1, 'b'))
      .end()
    expect(await panes(driven)).toEqual([
      'a@0: 1 onTime 0',
      'a@30: 1 onTime 0',
      'b@0: 1 onTime 0',
      'b@30: 1 onTime 0',
    ])
  })

  test.each([
    ['in one sandbox', (driven: ReturnType<typeof run>) => driven],
    ['in new ones', (driven: ReturnType<typeof run>) => driven.restart()],
  ])('records are judged by the time of the parent that their keys come from, %s', async (_, go) => {
    const driven = go(go(ahead()).send(reading(2, 1, 'a'), reading(4, 1, 'b'), reading(1, 1, 'd')))
      .send(reading(75, 1, 'b'), reading(5, 1, 'c'))
      .end()
    expect(await panes(driven)).toEqual([
      'a@0: 1 onTime 0',
      'a@0: 2 late 1',
      'a@30: 1 onTime 0',
      'b@0: 2 onTime 0',
      'b@70: 1 onTime 0',
      'd@0: 1 onTime 0',
    ])
    expect(await emitted(driven, 'late')).toMatchObject([{ key: 'c' }])
  })

  test('and a split of what was merged, the same', async () => {
    const driven = ahead()
      .reshard({ split: 2 })
      .restart()
      .send(reading(2, 1, 'a'), reading(4, 1, 'b'), reading(36, 1, 'b'))
      .end()
    expect(await panes(driven)).toEqual([
      'a@0: 1 onTime 0',
      'a@0: 2 late 1',
      'a@30: 1 onTime 0',
      'b@0: 2 onTime 0',
      'b@30: 1 onTime 0',
    ])
  })

  test('behind an exchange too: each range has the time that its producers told it', async () => {
    const lateness = window('w', { over: tumbling('10ms'), aggregate: count(), allowedLateness: '30ms' })
    const driven = run(
      pipeline(
        'p',
        readings(),
        keyBy(({ key }: Reading) => key),
        lateness,
        all(),
      ),
      { shards: 2 },
    )
      .send(reading(1, 1, 'a'), reading(35, 1, 'a'), reading(3, 1, 'b'), reading(35, 1, 'b'))
      .reshard({ merge: [0, 1] }, 'p.w')
      .send(reading(2, 1, 'a'), reading(36, 1, 'b'))
      .end()
    expect(await panes(driven)).toEqual([
      'a@0: 1 onTime 0',
      'a@0: 2 late 1',
      'a@30: 1 onTime 0',
      'b@0: 1 onTime 0',
      'b@30: 2 onTime 0',
    ])
  })
})

describe('A seal', () => {
  test('fences the parent: what comes to it afterwards is not done, and said aloud', async () => {
    const world = new World()
    const [old, fresh] = [world.sandbox(), world.sandbox()]
    world.put(reading(1, 1))
    await world.deliver(old)
    // A mapping would have waited for this one.
    world.put(reading(2, 1))
    world.environment.streams.split('readings', shardIdOf(0))
    world.put(reading(3, 1, 'a'), reading(3, 1, 'b'), reading(3, 1, 'c'), reading(3, 1, 'd'))
    await world.feed(1).deliver(fresh, 10)
    await world.feed(2).deliver(fresh, 10)
    await expect(world.feed(0).deliver(old, 10)).rejects.toThrow(ShardClosedError)
    await expect(world.feed(0).redeliver(fresh, 1)).resolves.toBeUndefined()
  })

  test('that was committed and not told is told by whoever finds it', async () => {
    const world = new World()
    world.put(reading(1, 1))
    await world.deliver(world.sandbox())
    world.environment.streams.split('readings', shardIdOf(0))
    world.put(reading(2, 1, 'a'), reading(2, 1, 'b'), reading(2, 1, 'c'), reading(2, 1, 'd'))
    const { shards } = world.environment
    const full: ShardAccess = {
      shards: (stream) => shards.shards(stream),
      look: (...given) => shards.look(...given),
      put: async () => {
        throw new RetryableError('the exchange is full')
      },
    }
    for (const shard of [1, 2]) {
      await expect(world.feed(shard).deliver(world.sandbox({ shards: full }), 10)).rejects.toThrow('is full')
    }
    const fresh = world.sandbox()
    await world.deliver(fresh)
    await world.end(fresh)
    expect(world.panes()).toEqual(['1@0: 5'])
  })

  test('is made of empty parents too, and of theirs', async () => {
    const world = new World()
    const { streams } = world.environment
    const handler = world.sandbox()
    streams.split('readings', shardIdOf(0))
    streams.split('readings', shardIdOf(1))
    streams.merge('readings', shardIdOf(4), shardIdOf(2))
    world.put(...['a', 'b', 'c', 'd', 'e'].map((key, at) => reading(at, 1, key)))
    await world.deliver(handler)
    await world.end(handler)
    expect(world.panes()).toEqual(['1@0: 5'])
  })

  test('is not made by a tick before the parent is read to its end', async () => {
    const world = new World()
    const handler = world.sandbox()
    world.put(reading(1, 1))
    world.environment.streams.split('readings', shardIdOf(0))
    const tick = (shard: number) => ({
      millrace: { stream: 'readings', shardId: shardIdOf(shard), awaited: false, timeout: 1_000 },
    })
    await handler(tick(1), {} as Context)
    // Sealed, it would refuse its own record.
    await world.feed(0).deliver(handler, 10)
    await handler(tick(1), {} as Context)
    await handler(tick(2), {} as Context)
    await world.deliver(handler)
    await world.end(handler)
    expect(world.panes()).toEqual(['1@0: 1'])
  })
})

test("a child's outputs are newer than its parents', whatever the sequence numbers say: its epoch is above theirs", async () => {
  const world = new World()
  const { streams, store } = world.environment
  const handler = world.sandbox()
  world.put(reading(1, 1))
  await world.deliver(handler)
  streams.split('readings', shardIdOf(0))
  streams.split('readings', shardIdOf(1))
  streams.merge('readings', shardIdOf(4), shardIdOf(2))
  world.put(...['a', 'b', 'c', 'd', 'e'].map((key) => reading(2, 1, key)))
  await world.deliver(handler)
  const epochs = await Promise.all(
    [0, 1, 2, 3, 4, 5].map(async (shard) => {
      const loaded = await loadLog(
        store,
        world.environment.blobs,
        `p/source/g1000000m64/readings/${shardIdOf(shard)}`,
      )
      return loaded?.entry.epoch
    }),
  )
  expect(epochs).toEqual([0, 1, 1, 2, 2, 3])
})

test('a tick behind an exchange moves nothing: only frames tell how far time is', async () => {
  const world = new World()
  const handler = world.sandbox()
  world.put(reading(1, 1))
  await world.deliver(handler)
  await world.feed(0, 'p.w').tick(handler, Number.MAX_SAFE_INTEGER)
  expect(world.panes()).toEqual([])
  await world.end(handler)
  expect(world.panes()).toEqual(['1@0: 1'])
})

test('a throttled exchange loses nothing: what could not be put is put by the next load', async () => {
  const world = new World()
  const { shards } = world.environment
  let full = true
  const throttled: ShardAccess = {
    shards: (stream) => shards.shards(stream),
    look: (...given) => shards.look(...given),
    put: async (...given) => {
      if (full) throw new RetryableError('the exchange is full')
      return shards.put(...given)
    },
  }
  const handler = world.sandbox({ shards: throttled })
  world.put(reading(1, 1), reading(2, 1))
  await expect(world.deliver(handler)).rejects.toThrow('the exchange is full')
  full = false
  world.put(reading(3, 1))
  await world.deliver(handler)
  await world.end(handler)
  expect(world.panes()).toEqual(['1@0: 3'])
})
