import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../../lib/core/errors.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { dedupe } from '../../../lib/operators/dedupe.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { window } from '../../../lib/operators/window.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { all, readings, readingsOfOneShard } from '../../support/readings.ts'
import { counted, TickWorld } from '../../support/tick-world.ts'

const HIGH = 2n ** 128n - 1n

/** A record in the first or the last shard, whatever its key. */
const put = (world: TickWorld, key: string, explicitHashKey?: bigint): void => {
  const record = { data: Buffer.from(`${key} 0 1`), partitionKey: key, arrival: 0 }
  world.environment.streams.put('readings', [
    { ...record, ...(explicitHashKey !== undefined && { explicitHashKey }) },
  ])
}

describe('Behind keyBy(), a record in a shard that its partition key does not belong to', () => {
  test('is an error that says what to do', async () => {
    const world = new TickWorld(2)
    put(world, 'a', 0n)
    put(world, 'a', HIGH)
    const refused = world.deliver(world.sandbox())
    await expect(refused).rejects.toMatchObject({ code: 'CONFIGURATION' })
    await expect(refused).rejects.toThrow(
      /belongs to another shard: .* use keyBy\(f\), which brings them together/,
    )
  })

  test('is looked for again when the shards could not be listed', async () => {
    const world = new TickWorld(2)
    const { shards } = world.environment
    let failures = 1
    const sandbox = world.sandbox({
      shards: {
        look: (...given) => shards.look(...given),
        put: (...given) => shards.put(...given),
        shards: async (stream) => {
          if (failures-- > 0) throw new RetryableError('injected: throttled')
          return shards.shards(stream)
        },
      },
    })
    put(world, 'a')
    await world.deliver(sandbox)
    put(world, 'a', 0n)
    put(world, 'a', HIGH)
    await expect(world.deliver(sandbox)).rejects.toThrow('belongs to another shard')
  })

  test('does not matter where nothing is kept by the partition key', async () => {
    const byElement = () =>
      pipeline('p', readings(), dedupe('d', { by: ({ n }) => `${n}`, within: '1h' }), all())
    const byFunction = () =>
      pipeline(
        'p',
        readingsOfOneShard(),
        keyBy(({ n }) => `${n}`),
        window('w', { over: tumbling('1m'), aggregate: count() }),
        all(),
      )
    for (const [shards, code] of [
      [2, byElement],
      [1, byFunction],
    ] as const) {
      const world = new TickWorld(shards, code)
      put(world, 'a', 0n)
      put(world, 'a', HIGH)
      await world.deliver(world.sandbox())
      expect(world.environment.reports.reduce((sum, { records }) => sum + records, 0)).toBe(2)
    }
  })
})

test('records in the shards of their keys are taken, in each of many', async () => {
  const world = new TickWorld(8, counted)
  for (let n = 0; n < 100; n++) put(world, `key ${n}`)
  await world.deliver(world.sandbox())
  expect(world.environment.reports.reduce((sum, { records }) => sum + records, 0)).toBe(100)
})
