import type { Context } from 'aws-lambda'
import { expect, it } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import { count, keyBy, lambda, pipeline, tumbling, window } from '../../lib/index.ts'
import { evenRanges, shardRouter } from '../../lib/local/hash-ranges.ts'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'
import type { BatchEvent } from '../../lib/runtime/middlewares/step.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const codec = { name: 'text', decode: (bytes: Uint8Array) => Buffer.from(bytes).toString() }

const counts = pipeline(
  'counts',
  kinesis.source({ stream: 'words', codec }),
  keyBy(),
  window('hourly', { over: tumbling('1h'), aggregate: count() }),
  dynamodb.sink({ table: 'counts', key: ['word'], item: ({ key, value }) => ({ word: key, n: value }) }),
)

const SHARDS = 3
const shardOf = shardRouter(evenRanges(SHARDS))

/** 100 keys that belong to a shard. */
function keysOf(shard: number): string[] {
  const keys = Array.from({ length: 1_000 }, (_, n) => `key-${n}`)
  return keys.filter((key) => shardOf(key) === shard).slice(0, 100)
}

/** A batch of 100 keys for a shard. */
function batch(shard: number, from: number): BatchEvent {
  const builder = eventBuilder('words', `shardId-${String(shard).padStart(12, '0')}`, shard)
  const body = Buffer.from('x')
  return builder.event(
    keysOf(shard).map((partitionKey, n) => ({
      index: from + n,
      partitionKey,
      arrival: 1_000,
      body,
      start: 0,
      end: 1,
    })),
  )
}

class CountingEnvironment extends MemoryEnvironment {
  loads: string[] = []
  readonly memoryBudget: number

  constructor(memoryBudget: number) {
    super(new VirtualClock())
    this.streams.create('words', { shards: SHARDS })
    this.memoryBudget = memoryBudget
    const load = this.store.load.bind(this.store)
    this.store.load = (task) => {
      this.loads.push(task.slice(-1))
      return load(task)
    }
  }
}

async function run(environment: CountingEnvironment, shards: readonly number[]): Promise<string> {
  const handler = lambda(counts)
  handler.connect(environment)
  const next = new Map<number, number>()
  const loaded: string[] = []
  for (const shard of shards) {
    const from = next.get(shard) ?? 0
    next.set(shard, from + 100)
    environment.loads = []
    await handler(batch(shard, from), {} as Context)
    loaded.push(environment.loads.length > 0 ? 'load' : 'warm')
  }
  return loaded.join(' ')
}

it('states stay in memory while they fit into the budget', async () => {
  expect(await run(new CountingEnvironment(1e9), [0, 1, 0, 1, 0])).toBe('load load warm warm warm')
})

it('the state used longest ago is forgotten first, and loaded when its shard comes again', async () => {
  // About two states of 100 cells.
  const order = [0, 1, 2, 1, 2, 0, 1]
  expect(await run(new CountingEnvironment(50_000), order)).toBe('load load load warm warm load load')
})

it('with no budget every batch loads, and comes to the same result', async () => {
  const environment = new CountingEnvironment(0)
  expect(await run(environment, [0, 0, 0])).toBe('load load load')
  const [report] = environment.reports.slice(-1)
  expect(report?.totals?.hourly?.onTime).toBe(300)
})
