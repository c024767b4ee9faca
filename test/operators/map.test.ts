import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { filter } from '../../lib/operators/filter.ts'
import { flatMap } from '../../lib/operators/flat-map.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  emittedIds,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

const numbers = (...ns: number[]): Reading[] => ns.map((n, at) => reading(at, n))
const total = (name = 'w') =>
  window(name, { over: tumbling('10ms'), aggregate: sum((r: Reading) => r.n), late: 'drop' })

/** Answers after `turns` turns of the event loop. */
async function later<A>(turns: number, value: A): Promise<A> {
  for (let turn = 0; turn < turns; turn++) await nextTurn()
  return value
}

describe('A function that answers at once', () => {
  test('makes one element of each', async () => {
    const driven = run(
      pipeline(
        'p',
        readings(),
        map(({ n }) => n * 2),
        all(),
      ),
    ).send(...numbers(1, 2, 3))
    expect(await emitted(driven)).toEqual([2, 4, 6])
    expect(await outcomes(driven, 'map')).toEqual({ in: 3, passed: 3 })
  })

  test('that throws makes a dead letter of that element only', async () => {
    const inverse = map(({ n }: Reading) => {
      if (n === 0) throw new Error('no inverse of 0')
      return 1 / n
    })
    const driven = run(pipeline('p', readings(), inverse, all())).send(...numbers(2, 0, 4))
    expect(await emitted(driven)).toEqual([0.5, 0.25])
    expect(await failures(driven)).toEqual(['map: no inverse of 0'])
    expect(await outcomes(driven, 'map')).toEqual({ in: 3, passed: 2, failed: 1 })
    expect(await driven.deadLetters()).toMatchObject([
      { pipeline: 'p', stream: 'readings', partitionKey: 'a', data: Buffer.from('a 1 0').toString('base64') },
    ])
  })

  test('may make undefined', async () => {
    const driven = run(
      pipeline(
        'p',
        readings(),
        map(() => undefined),
        map(String),
        all(),
      ),
    )
    expect(await emitted(driven.send(reading(0)))).toEqual(['undefined'])
  })
})

describe('A function that answers with a promise', () => {
  test('keeps the order, however long each takes', async () => {
    const slow = map(({ n }: Reading) => later(n, n))
    const driven = run(pipeline('p', readings(), slow, all())).send(...numbers(9, 1, 5, 0, 3))
    expect(await emitted(driven)).toEqual([9, 1, 5, 0, 3])
    expect(await outcomes(driven, 'map')).toEqual({ in: 5, passed: 5 })
  })

  test('may sometimes answer at once', async () => {
    const mixed = map(({ n }: Reading) => (n % 2 === 0 ? n : later(n, n)))
    const driven = run(pipeline('p', readings(), mixed, all())).send(...numbers(0, 3, 2, 4, 1, 6))
    expect(await emitted(driven)).toEqual([0, 3, 2, 4, 1, 6])
  })

  test('that is rejected makes a dead letter of that element only', async () => {
    const picky = map(({ n }: Reading) => (n === 2 ? Promise.reject(new Error('not 2')) : later(n, n)))
    const driven = run(pipeline('p', readings(), picky, all())).send(...numbers(3, 2, 1))
    expect(await emitted(driven)).toEqual([3, 1])
    expect(await failures(driven)).toEqual(['map: not 2'])
    expect(await outcomes(driven, 'map')).toEqual({ in: 3, passed: 2, failed: 1 })
    expect(await driven.deadLetters()).toMatchObject([{ data: Buffer.from('a 1 2').toString('base64') }])
  })

  test('that throws before it answers does the same, in its turn', async () => {
    const picky = map(({ n }: Reading) => {
      if (n === 2) throw new Error('not 2')
      return later(n, n)
    })
    const driven = run(pipeline('p', readings(), picky, all())).send(...numbers(3, 2, 1))
    expect(await emitted(driven)).toEqual([3, 1])
    expect(await failures(driven)).toEqual(['map: not 2'])
  })

  test('holds more elements than may wait', async () => {
    const slow = map(({ n }: Reading) => later(1, n))
    const values = Array.from({ length: 2_500 }, (_, n) => reading(0, n))
    const driven = run(pipeline('p', readings(), slow, all()), { batchSize: 2_500 }).send(...values)
    expect(await emitted(driven)).toEqual(values.map(({ n }) => n))
  })

  test('behind another one keeps the order too', async () => {
    const twice = pipeline(
      'p',
      readings(),
      map(({ n }) => later(n, n)),
      map((n) => later(10 - n, n)),
      all(),
    )
    expect(await emitted(run(twice).send(...numbers(9, 1, 5)))).toEqual([9, 1, 5])
  })
})

describe('The watermark waits behind the promises before it', () => {
  const times = [1, 5, 12, 3, 25, 14, 31]
  const values = times.map((at) => reading(at, at))
  const through = (transform: (value: Reading) => Reading | Promise<Reading>) =>
    pipeline('p', readings('5ms'), map(transform), keyBy(), total(), all())

  test('windows behind are what they are without promises', async () => {
    const [sync, async] = [run(through((r) => r)), run(through((r) => later(r.n % 7, r)))]
    for (const driven of [sync, async]) driven.send(...values).end()
    expect(await emitted(async)).toEqual(await emitted(sync))
    expect(await emittedIds(async)).toEqual(await emittedIds(sync))
    expect(await outcomes(async, 'w')).toEqual(await outcomes(sync, 'w'))
  })

  test('panes are of the record that closed them, wherever the batch was cut', async () => {
    const filtered = () =>
      pipeline(
        'p',
        readings(),
        filter(({ n }) => n >= 0),
        map((r) => later(2, r)),
        keyBy(),
        total(),
        all(),
      )
    const input = [reading(1), reading(20, -1), reading(21)]
    const [whole, cut] = [run(filtered()), run(filtered(), { batchSize: 1 })]
    for (const driven of [whole, cut]) driven.send(...input).end()
    expect(await emittedIds(whole)).toEqual(await emittedIds(cut))
  })
})

describe('Concurrency', () => {
  async function most(concurrency?: number): Promise<number> {
    let [pending, most] = [0, 0]
    const slow = map(
      async ({ n }: Reading) => {
        most = Math.max(most, ++pending)
        await later(n % 3, undefined)
        pending--
      },
      concurrency === undefined ? {} : { concurrency },
    )
    const values = Array.from({ length: 100 }, (_, n) => reading(0, n))
    await emitted(run(pipeline('p', readings(), slow, all())).send(...values))
    return most
  }

  test.each([1, 2, 7])('of %i is reached and not exceeded', async (concurrency) => {
    expect(await most(concurrency)).toBe(concurrency)
  })

  test('is 16 unless told', async () => {
    expect(await most()).toBe(16)
  })

  test.each([0, -1, 1.5, Number.NaN])('of %d is refused', (concurrency) => {
    const mapped = () =>
      pipeline(
        'p',
        readings(),
        map((r) => r, { concurrency }),
        all(),
      )
    expect(mapped).toThrow(ConfigurationError)
    expect(mapped).toThrow(`'concurrency' of a map is ${concurrency}: expected a whole number of at least 1`)
  })
})

describe('An error that a retry can cure', () => {
  test.each(['at once', 'by a promise'])('cuts the batch before its record, %s', async (way) => {
    const seen: number[] = []
    let busy = true
    const flaky = map(({ n }: Reading): number | Promise<number> => {
      seen.push(n)
      if (n !== 3 || !busy) return n
      busy = false
      const error = new RetryableError('busy')
      if (way === 'at once') throw error
      return Promise.reject(error)
    })
    const driven = run(pipeline('p', readings(), flaky, all())).send(...numbers(1, 2, 3, 4))
    expect(await emitted(driven)).toEqual([1, 2, 3, 4])
    expect(await failures(driven)).toEqual([])
    expect((await driven.reports()).map(({ records }) => records)).toEqual([4, 2])
    expect(seen.slice(-2)).toEqual([3, 4])
    expect(await outcomes(driven, 'map')).toEqual({ in: 4, passed: 4 })
  })

  test('that never stops fails the drive with the record it stands at', async () => {
    const stuck = map(({ n }: Reading) => {
      if (n === 2) throw new RetryableError('busy')
      return n
    })
    const driven = run(pipeline('p', readings(), stuck, all())).send(...numbers(1, 2))
    await expect(driven.output()).rejects.toThrow(
      /^record 1 of shardId-000000000000 was not taken in 3 attempts/,
    )
  })

  test('leaves the state as the records before it made it', async () => {
    let failures = 2
    const flaky = map((value: Reading) => {
      if (value.n === 4 && failures-- > 0) return Promise.reject(new RetryableError('busy'))
      return later(1, value)
    })
    const driven = run(pipeline('p', readings(), flaky, keyBy(), total(), all()))
      .send(...numbers(1, 2, 4, 8))
      .end()
    expect(await emitted(driven)).toMatchObject([{ value: 15 }])
    expect(await outcomes(driven, 'w')).toEqual({ in: 4, onTime: 4, closedPanes: 1 })
  })
})

test('dead letters of one record are all kept, though some have waited for a promise', async () => {
  const twice = pipeline(
    'p',
    readings(),
    flatMap((value) => [value, { ...value, n: -value.n }]),
    filter(({ n }) => {
      if (n < 0) throw new Error(`${n} is below 0`)
      return true
    }),
    map(({ n }) => Promise.reject(new Error(`no ${n}`))),
    branch(all('one'), all('two')),
  )
  const driven = run(twice).send(...numbers(1, 2))
  expect((await failures(driven)).toSorted()).toEqual([
    'filter: -1 is below 0',
    'filter: -2 is below 0',
    'map: no 1',
    'map: no 2',
  ])
})
