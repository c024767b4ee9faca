import { expect, test } from 'vitest'
import { RetryableError } from '../../../lib/core/errors.ts'
import { pipe } from '../../../lib/core/pipe.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { branch } from '../../../lib/operators/branch.ts'
import { filter } from '../../../lib/operators/filter.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { map } from '../../../lib/operators/map.ts'
import { window } from '../../../lib/operators/window.ts'
import { UndeliveredError } from '../../../lib/runtime/publish.ts'
import { MemoryTable } from '../../../lib/testing/memory-table.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../../support/readings.ts'
import { put, World } from '../../support/state-world.ts'

const counted = pipeline(
  'p',
  readings(),
  keyBy(),
  window('w', { over: tumbling('10ms'), aggregate: count() }),
  all(),
)

/** Two branches without state; numbers above 5 go to both. */
const stateless = pipeline(
  'p',
  readings(),
  branch(
    pipe(
      filter(({ n }: Reading) => n > 5),
      all('large'),
    ),
    pipe(
      map(({ n }: Reading) => {
        if (n === 13) throw new Error('unlucky')
        return n
      }),
      all('every'),
    ),
  ),
)

/** Tables that do not take anything as long as they are named in `broken`. */
function breakable(broken: Set<string>) {
  const tables = new Map<string, MemoryTable>()
  const openSink = (target: ConstructorParameters<typeof MemoryTable>[0]) => {
    const table = tables.get(target.table) ?? new MemoryTable(target)
    tables.set(target.table, table)
    return {
      write: (records: Parameters<MemoryTable['write']>[0]) => {
        if (broken.has(target.table)) throw new RetryableError(`${target.table} is busy`)
        return table.write(records)
      },
    }
  }
  const values = (table: string) =>
    tables
      .get(table)
      ?.items()
      .map(({ value }) => value) ?? []
  return { openSink, values }
}

test('sinks see nothing before it is committed', async () => {
  const world = new World(counted)
  const events: string[] = []
  const append = world.store.append.bind(world.store)
  world.store.append = async (...given) => {
    events.push('append')
    const result = await append(...given)
    events.push('appended')
    return result
  }
  const sandbox = world.sandbox({
    openSink: () => ({
      write: async () => {
        events.push('write')
        return []
      },
    }),
  })
  await world.deliver(sandbox, [put(1), put(11)])
  expect(events).toEqual(['append', 'appended', 'write'])
})

test('with state, outputs that do not get through fail the batch, and the next load delivers them', async () => {
  const broken = new Set(['out'])
  const { openSink, values } = breakable(broken)
  const world = new World(counted)
  const sandbox = world.sandbox({ openSink })
  const records = [put(1), put(11), put(21)]
  const failed = await world.deliver(sandbox, records, [0, 2])
  expect(failed).toMatchObject({ kind: 'failed', error: expect.any(UndeliveredError) })
  // Lambda logs all that an error shows.
  expect(Object.keys('error' in failed ? (failed.error as object) : {})).not.toContain('records')
  expect(failed).toMatchObject({
    error: { message: '1 outputs did not get through to dynamodb.sink(out): out is busy' },
  })
  // While the sink is busy nothing goes on, not even in a sandbox that knows nothing.
  expect(await world.deliver(world.sandbox({ openSink }), records, [1, 3])).toMatchObject({ kind: 'failed' })
  expect((await world.store.load('p/w/g1000m64/readings/shardId-000000000000')).entries).toHaveLength(1)
  broken.clear()
  expect(await world.deliver(sandbox, records, [0, 2])).toEqual({ kind: 'done', failedAt: undefined })
  expect(values('out')).toMatchObject([{ start: 0, value: 1 }])
})

test('a second load does not deliver again what the first one did', async () => {
  const broken = new Set(['out'])
  const { openSink } = breakable(broken)
  let writes = 0
  const counting: typeof openSink = (target) => {
    const { write } = openSink(target)
    return {
      write: (records) => {
        writes++
        return write(records)
      },
    }
  }
  const world = new World(counted)
  const records = [put(1), put(11)]
  await world.deliver(world.sandbox({ openSink: counting }), records)
  broken.clear()
  await world.deliver(world.sandbox({ openSink: counting }), records)
  expect(writes).toBe(2)
  await world.deliver(world.sandbox({ openSink: counting }), records)
  expect(writes).toBe(2)
})

test('without state the first record that did not get through is reported, and goes out later under the same id', async () => {
  const broken = new Set(['large'])
  const { openSink, values } = breakable(broken)
  const world = new World(stateless)
  const sandbox = world.sandbox({ openSink })
  const records = [put(1, 1), put(2, 2), put(3, 7), put(4, 3)]
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: 2 })
  expect(values('every')).toEqual([1, 2, 7, 3])
  broken.clear()
  expect(await world.deliver(sandbox, records, [2, 4])).toEqual({ kind: 'done', failedAt: undefined })
  expect(values('every')).toEqual([1, 2, 7, 3])
  expect(values('large')).toMatchObject([{ n: 7 }])
})

test('without state the first record counts that any of several busy sinks did not take', async () => {
  const broken = new Set(['large', 'every'])
  const { openSink, values } = breakable(broken)
  const slow = pipe(
    map(async ({ n }: Reading) => n),
    all('every'),
  )
  const fast = pipe(
    filter(({ n }: Reading) => n > 5),
    all('large'),
  )
  const world = new World(pipeline('p', readings(), branch(slow, fast)))
  const sandbox = world.sandbox({ openSink })
  const records = [put(1, 1), put(2, 2), put(3, 7), put(4, 3)]
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: 0 })
  broken.clear()
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: undefined })
  expect(values('every')).toEqual([1, 2, 7, 3])
})

test('without state each record and each dead letter is counted once, by the batch that gets it through', async () => {
  const broken = new Set<string>()
  const { openSink } = breakable(broken)
  const world = new World(stateless)
  const sandbox = world.sandbox({ openSink })
  const records = [put(1, 1), put(2, 13), put(3, 7), put(4, 13), put(5, 3)]
  broken.add('large')
  const sums = () =>
    world.reports.reduce(
      (sum, { counters, deadLetters }) => ({
        source: sum.source + (counters.source?.passed ?? 0),
        map: sum.map + (counters.map?.passed ?? 0),
        failed: sum.failed + (counters.map?.failed ?? 0),
        deadLetters: sum.deadLetters + deadLetters,
      }),
      { source: 0, map: 0, failed: 0, deadLetters: 0 },
    )
  // 13 is large, too.
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: 1 })
  expect(sums()).toEqual({ source: 1, map: 1, failed: 0, deadLetters: 0 })
  broken.clear()
  await world.deliver(sandbox, records, [1, 5])
  expect(sums()).toEqual({ source: 5, map: 3, failed: 2, deadLetters: 2 })
  expect(world.letters()).toHaveLength(2)
  expect(world.reports.every(({ totals }) => totals === undefined)).toBe(true)
})

test('without state a redelivered batch is published again, under the same ids', async () => {
  const world = new World(stateless)
  const records = [put(1, 1), put(2, 7), put(3, 13)]
  await world.deliver(world.sandbox(), records)
  const before = world.contents()
  await world.deliver(world.sandbox(), records, [1, 3])
  await world.deliver(world.sandbox(), records)
  expect(world.contents()).toEqual(before)
})

test('what a sink will never take becomes a dead letter, once', async () => {
  const world = new World(counted)
  const records = [put(1), put(11)]
  const refusing = {
    openSink: () => ({
      write: async (given: readonly Parameters<MemoryTable['write']>[0][number][]) =>
        given.map((record) => ({ record, error: new RangeError('too large') })),
    }),
  }
  expect(await world.deliver(world.sandbox(refusing), records)).toEqual({ kind: 'done', failedAt: undefined })
  await world.deliver(world.sandbox(refusing), records)
  expect(world.letters()).toMatchObject([
    {
      operator: 'dynamodb.sink(out)',
      pipeline: 'p',
      output: { value: { key: 'a', start: 0, value: 1 } },
      error: { name: 'RangeError', message: 'too large' },
    },
  ])
})

test('an output for a sink that the new code does not have becomes a dead letter', async () => {
  const world = new World(counted)
  const records = [put(1), put(11)]
  const broken = breakable(new Set(['out']))
  await world.deliver(world.sandbox({ openSink: broken.openSink }), records)
  const redeployed = new World(
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all('new'),
    ),
    { store: world.store },
  )
  expect(await redeployed.deliver(redeployed.sandbox(), records)).toEqual({
    kind: 'done',
    failedAt: undefined,
  })
  expect(redeployed.letters()).toMatchObject([
    {
      operator: 'dynamodb.sink(out)',
      error: { message: 'the pipeline does not have this sink any more' },
      output: { value: { value: 1 } },
    },
  ])
})
