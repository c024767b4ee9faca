import { describe, expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { scheduledEvent } from '../../lib/local/scheduled-event.ts'
import { dedupe } from '../../lib/operators/dedupe.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { reduce } from '../../lib/operators/reduce.ts'
import { topN } from '../../lib/operators/top-n.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import type { StateStore } from '../../lib/state/store.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { all, readings } from '../support/readings.ts'
import { MINUTE, TickWorld } from '../support/tick-world.ts'
import { scenarios } from './tick-scenarios.ts'

describe('A tick', () => {
  test.each(Object.entries(scenarios))('%s', (_, scenario) => scenario())

  test('leaves outputs alone that another invocation may be delivering, and commits nothing over them', async () => {
    const world = new TickWorld()
    world.put(0, MINUTE)
    await expect(world.deliver(world.brokenSandbox())).rejects.toThrow()
    const sandbox = world.sandbox()
    const before = await world.environment.store.load(TASK)
    await world.tickAt(29_999, sandbox)
    expect(await world.environment.store.load(TASK)).toEqual(before)
    expect(world.panes()).toEqual([])
    await world.deliver(sandbox)
    expect(world.panes()).toEqual([[0, 1]])
  })

  test('marks what it delivered, so that the next one does not deliver it again', async () => {
    const world = new TickWorld()
    world.put(0, MINUTE)
    await expect(world.deliver(world.brokenSandbox())).rejects.toThrow()
    await world.tickAt(MINUTE, world.sandbox())
    const { delivered, entries } = await world.environment.store.load(TASK)
    expect(delivered).toBe(Math.max(...entries.map(({ version }) => version)))
  })

  test('comes to every shard, and one that fails keeps no other back', async () => {
    const world = new TickWorld(2)
    const { shards } = world.environment
    const broken = world.sandbox({
      shards: {
        shards: (stream) => shards.shards(stream),
        put: (stream, records) => shards.put(stream, records),
        look: (stream, shardId, position) => {
          if (shardId.endsWith('0')) throw new Error('injected: unreadable')
          return shards.look(stream, shardId, position)
        },
      },
    })
    for (const [key, hash] of [
      ['low', 0n],
      ['high', 2n ** 127n],
    ] as const) {
      const data = Buffer.from(`${key} 0 1`)
      world.environment.streams.put('readings', [
        { data, partitionKey: key, explicitHashKey: hash, arrival: 0 },
      ])
    }
    await world.deliver(broken)
    await expect(world.tickAt(2 * MINUTE, broken)).rejects.toThrow(
      "the tick of 1 of 2 tasks of pipeline 'p' failed: Error: injected: unreadable",
    )
    expect(world.panes()).toHaveLength(1)
    await world.tickAt(3 * MINUTE, world.sandbox())
    expect(world.panes()).toHaveLength(2)
  })

  test('makes what comes after it late, as a record would', async () => {
    const world = new TickWorld()
    const sandbox = world.sandbox()
    world.put(0)
    await world.deliver(sandbox)
    await world.tickAt(2 * MINUTE, sandbox)
    world.put(59_999)
    await world.deliver(sandbox)
    expect(world.environment.reports.at(-1)?.counters.w).toMatchObject({ late: 1 })
    expect(world.panes()).toEqual([[0, 1]])
  })

  test('reads two items of a task in which nothing waits for time, until there is a new entry', async () => {
    const world = new TickWorld()
    const calls: string[] = []
    const sandbox = world.sandbox({ store: recorded(world.environment.store, calls) })
    world.put(0)
    await world.deliver(sandbox)
    await world.tickAt(2 * MINUTE, sandbox)
    await world.tickAt(3 * MINUTE, sandbox)
    calls.length = 0
    for (let tick = 4; tick < 10; tick++) await world.tickAt(tick * MINUTE, sandbox)
    expect(new Set(calls)).toEqual(new Set(['isIdle']))
    world.put(10 * MINUTE)
    await world.deliver(sandbox)
    await world.tickAt(12 * MINUTE, sandbox)
    expect(world.panes()).toEqual([
      [0, 1],
      [10 * MINUTE, 1],
    ])
  })

  test.each([
    ['dedupe', () => pipeline('p', readings(), dedupe('s', { by: ({ key }) => key, within: '1d' }), all())],
    [
      'reduce',
      () => pipeline('p', readings(), keyBy(), reduce('s', { aggregate: count(), ttl: 'forever' }), all()),
    ],
    [
      'topN',
      () => pipeline('p', readings(), keyBy(), topN('s', { n: 3, by: ({ n }) => n, ttl: 'forever' }), all()),
    ],
  ])('does not wait out what time alone makes nothing of: %s', async (_, code) => {
    const world = new TickWorld(1, code)
    const sandbox = world.sandbox()
    world.put(0)
    await world.deliver(sandbox)
    await world.tickAt(MINUTE, sandbox)
    expect(await world.environment.store.isIdle('p/s/g0m64/readings/shardId-000000000000', 64)).toBe(true)
  })

  test('has nothing to do for a pipeline without state', async () => {
    const handler = lambda(pipeline('p', readings(), all()))
    const { environment } = new TickWorld()
    handler.connect({ ...environment, openSink: (target) => environment.openSink(target) })
    expect(await handler(scheduledEvent(0), {} as never)).toEqual({ batchItemFailures: [] })
    expect(environment.reports).toEqual([])
  })

  test('needs to know of the shards', async () => {
    const world = new TickWorld()
    const { shards: _, ...environment } = world.environment
    const sandbox = world.sandbox()
    sandbox.connect({ ...environment, openSink: (target) => world.environment.openSink(target) })
    await expect(world.tickAt(MINUTE, sandbox)).rejects.toThrow("give connect() an environment with 'shards'")
  })
})

const TASK = 'p/w/g0m64/readings/shardId-000000000000'

/** Notes which methods are called. */
const recorded = (store: StateStore, calls: string[]): StateStore =>
  new Proxy(store, {
    get(target, name) {
      const value = Reflect.get(target, name)
      if (typeof value !== 'function') return value
      return (...given: unknown[]) => {
        calls.push(String(name))
        return Reflect.apply(value, target, given)
      }
    },
  })
