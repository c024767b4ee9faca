import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import { put, World } from '../support/state-world.ts'

/** Sums windows of 10 ms; values in `flaky` fail for now. */
function summing(flaky: Set<number>, where: 'map' | 'async map' | 'add' | 'result' | 'decode' = 'map') {
  const check = (n: number, here: string): void => {
    if (here === where && flaky.has(n)) throw new RetryableError(`${n}: not now`)
  }
  const total = sum<Reading>(({ n }) => n)
  const source = readings()
  return pipeline(
    'p',
    source,
    map((r: Reading) => {
      check(r.n, 'map')
      return where === 'async map' ? later(r, () => check(r.n, 'async map')) : r
    }),
    keyBy(),
    window('w', {
      over: tumbling('10ms'),
      aggregate: {
        ...total,
        add: (before, r, place) => {
          check(r.n, 'add')
          return total.add(before, r, place)
        },
        result: (accumulator) => {
          const value = total.result(accumulator)
          check(value, 'result')
          return value
        },
      },
    }),
    all(),
  )
}

async function later(r: Reading, check: () => void): Promise<Reading> {
  await nextTurn()
  check()
  return r
}

const records = [put(1, 1), put(2, 2), put(11, 4), put(12, 8), put(21, 16)]

const plain = async () => {
  const world = new World(summing(new Set()))
  const sandbox = world.sandbox()
  await world.deliver(sandbox, records)
  await world.end(sandbox)
  return world
}

describe('A failure that a retry can cure', () => {
  test.each([
    ['map', 4, 2],
    ['async map', 4, 2],
    ['add', 4, 2],
    ['add', 1, 0],
    ['map', 16, 4],
    // The pane of the first window fires at record 2.
    ['result', 3, 2],
  ] as const)(
    'in %s of %i commits what is before record %i, reports that one, and heals',
    async (where, n, failedAt) => {
      const flaky = new Set([n])
      const world = new World(summing(flaky, where))
      const sandbox = world.sandbox()
      expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt })
      const source = world.reports[0]?.counters.source
      expect(source?.passed).toBe(failedAt)
      expect(await world.deliver(sandbox, records, [failedAt, 5])).toEqual({ kind: 'done', failedAt })
      flaky.clear()
      expect(await world.deliver(sandbox, records, [failedAt, 5])).toEqual({
        kind: 'done',
        failedAt: undefined,
      })
      await world.end(sandbox)
      expect(world.contents()).toEqual((await plain()).contents())
      expect(world.totals()).toEqual((await plain()).totals())
    },
  )

  test('at the first record of a batch commits nothing', async () => {
    const world = new World(summing(new Set([1])))
    expect(await world.deliver(world.sandbox(), records)).toEqual({ kind: 'done', failedAt: 0 })
    expect((await world.store.load('p/w/g1000m64/readings/shardId-000000000000')).entries).toEqual([])
  })

  test('behind records that were redelivered is reported at its own place', async () => {
    const flaky = new Set<number>()
    const world = new World(summing(flaky))
    const sandbox = world.sandbox()
    await world.deliver(sandbox, records, [0, 3])
    flaky.add(8)
    expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: 3 })
    expect(await world.deliver(world.sandbox(), records)).toEqual({ kind: 'done', failedAt: 3 })
  })

  test('in a tick fails the tick, and the next one fires', async () => {
    const flaky = new Set([16])
    const world = new World(summing(flaky, 'result'))
    const sandbox = world.sandbox()
    await world.deliver(sandbox, records)
    await expect(world.end(sandbox)).rejects.toThrow('a record failed for now')
    flaky.clear()
    await world.end(sandbox)
    expect(world.contents()).toEqual((await plain()).contents())
  })
})

describe('The end of the stream', () => {
  test('closes every window, once', async () => {
    const world = new World(summing(new Set()))
    const sandbox = world.sandbox()
    await world.deliver(sandbox, records, [0, 2])
    expect(world.items('out')).toEqual([])
    await world.end(sandbox)
    const after = world.contents()
    expect(world.items('out')).toMatchObject([{ value: { start: 0, value: 3 } }])
    await world.end(sandbox)
    await world.end(world.sandbox())
    expect(world.contents()).toEqual(after)
    expect(world.reports.at(-1)).toMatchObject({ records: 0, watermark: Number.MAX_SAFE_INTEGER })
  })

  test('of a stream without records closes nothing and is no error', async () => {
    const world = new World(summing(new Set()))
    await world.end(world.sandbox())
    expect(world.items('out')).toEqual([])
  })

  test('reads the log, not memory', async () => {
    const world = new World(summing(new Set()))
    const [stale, other] = [world.sandbox(), world.sandbox()]
    await world.deliver(stale, records, [0, 1])
    await world.deliver(other, records, [0, 5])
    await world.end(stale)
    expect(world.contents()).toEqual((await plain()).contents())
  })

  test('leaves what comes after it late', async () => {
    const world = new World(summing(new Set()))
    const sandbox = world.sandbox()
    await world.deliver(sandbox, records, [0, 4])
    await world.end(sandbox)
    await world.deliver(sandbox, records, [4, 5])
    expect(world.totals()?.w).toMatchObject({ onTime: 4, late: 1 })
    expect(world.letters()).toMatchObject([{ operator: 'w', error: { name: 'LateRecordError' } }])
  })
})

test('a redelivered record is told by all digits of its number', async () => {
  const world = new World(summing(new Set()))
  const sandbox = world.sandbox()
  const many = Array.from({ length: 30 }, (_, n) => put(1, n))
  for (let n = 0; n < 30; n++) await world.deliver(sandbox, many, [Math.max(0, n - 2), n + 1])
  expect(world.totals()?.source).toMatchObject({ passed: 30 })
})

test('ids and contents are the same for every cut, with promises, branches and dead letters', async () => {
  const code = pipeline(
    'p',
    readings('5ms'),
    branch(
      pipe(
        map((r: Reading) => (r.n % 3 === 0 ? r : later(r, () => {}))),
        map(async (r: Reading) => {
          if (r.n % 4 === 1) throw new Error('slow failure')
          return r
        }),
        keyBy(),
        window('w', { over: tumbling('10ms'), aggregate: sum(({ n }) => n), allowedLateness: '10ms' }),
        all('one'),
      ),
      pipe(
        map((r: Reading) => {
          if (r.n % 4 === 1) throw new Error('fast failure')
          return r.n
        }),
        all('two'),
      ),
    ),
  )
  const many = Array.from({ length: 60 }, (_, n) => put(n * 3 - (n % 5) * 4 + 20, n, n % 2 === 0 ? 'a' : 'b'))
  const runs = await Promise.all(
    [1, 2, 3, 7, 60].map(async (size) => {
      const world = new World(code)
      const sandbox = world.sandbox()
      for (let from = 0; from < 60; from += size)
        await world.deliver(sandbox, many, [from, Math.min(60, from + size)])
      await world.end(sandbox)
      return { contents: world.contents(), totals: world.totals() }
    }),
  )
  for (const each of runs) expect(each).toEqual(runs[0])
  expect(runs[0]?.contents.deadLetters).toHaveLength(30 + (runs[0]?.totals?.w?.late ?? 0))
})
