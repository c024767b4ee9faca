import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { ClaimStore } from '../../lib/core/claim-store.ts'
import { RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { type EffectOptions, effect } from '../../lib/operators/effect.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { MemoryClaimStore } from '../../lib/state/memory-claims.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import { type Put, put, type Sandbox, World } from '../support/state-world.ts'

/** What an invocation has when its context does not tell how long it may take. */
const INVOCATION_MS = 900_000

type Call = (reading: Reading, call: { key: string; signal: AbortSignal }) => unknown

/** A pipeline with an effect, its world, and what the effect did. */
class Shop {
  readonly clock = new VirtualClock(1_000)
  readonly claims = new MemoryClaimStore()
  readonly done: string[] = []
  readonly world: World

  constructor(fn: Call = () => {}, options: Partial<EffectOptions<Reading>> = {}) {
    const charge = effect<Reading>(
      'charge',
      (reading, call) => {
        this.done.push(call.key)
        return fn(reading, call)
      },
      { key: ({ key, n }) => `${key}${n}`, within: '1d', onUnknown: 'retry', ...options },
    )
    this.world = new World(pipeline('p', readings(), charge, all()))
  }

  sandbox(claims: ClaimStore = this.claims): Sandbox {
    return this.world.sandbox({ clock: this.clock, claims })
  }

  values(): unknown[] {
    return this.world.items('out').map(({ value }) => (value as Reading).n)
  }
}

const records = (...numbers: number[]): Put[] => numbers.map((n, index) => put(index + 1, n))

test('elements go on in their order, each when its effect is done', async () => {
  const shop: Shop = new Shop(({ n }) => shop.clock.sleep(10 - n))
  const answer = shop.world.deliver(shop.sandbox(), records(1, 2, 3))
  await shop.clock.advance(10)
  expect(await answer).toEqual({ kind: 'done', failedAt: undefined })
  expect(shop.done).toEqual(['a1', 'a2', 'a3'])
  expect(shop.values()).toEqual([1, 2, 3])
})

test('records of one key have their effect once, and all go on', async () => {
  const shop = new Shop()
  await shop.world.deliver(shop.sandbox(), records(1, 1, 2, 1))
  await shop.world.deliver(shop.sandbox(), [...records(1, 1, 2, 1), ...records(2)], [4, 5])
  expect(shop.done).toEqual(['a1', 'a2'])
  expect(shop.values()).toEqual([1, 1, 2, 1, 2])
})

test('a batch that is delivered again does nothing again', async () => {
  const shop = new Shop()
  for (let time = 0; time < 3; time++) await shop.world.deliver(shop.sandbox(), records(1, 2))
  expect(shop.done).toEqual(['a1', 'a2'])
  expect(shop.values()).toEqual([1, 2])
})

test('effects of one key happen one after the other, those of others side by side, as many as allowed', async () => {
  let pending = 0
  let most = 0
  const shop = new Shop(
    async () => {
      most = Math.max(most, ++pending)
      await shop.clock.sleep(1)
      pending--
    },
    { concurrency: 3, key: ({ n }) => String(n) },
  )
  const answer = shop.world.deliver(shop.sandbox(), records(1, 1, 2, 3, 4, 5, 6))
  await shop.clock.advance(20)
  await answer
  expect(shop.done).toEqual(['1', '2', '3', '4', '5', '6'])
  expect(most).toBeLessThanOrEqual(3)
  expect(most).toBeGreaterThan(1)
})

test('windows behind an effect see what they would have seen without', async () => {
  const world = new World(
    pipeline(
      'p',
      readings(),
      effect('charge', () => Promise.resolve(), {
        key: ({ at }: Reading) => String(at),
        within: '1d',
        onUnknown: 'retry',
      }),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: sum(({ n }: Reading) => n) }),
      all(),
    ),
  )
  await world.deliver(world.sandbox(), [put(1, 1), put(2, 2), put(12, 4), put(3, 8), put(25, 16)])
  expect(world.items('out').map(({ value }) => (value as { value: number }).value)).toEqual([3, 4])
  // Record 3 came behind the watermark.
  expect(world.letters()).toMatchObject([{ operator: 'w', element: { n: 8 } }])
})

test('keys of other pipelines and operators are other keys', async () => {
  const claims = new MemoryClaimStore()
  const done: string[] = []
  for (const [name, operator] of [
    ['p', 'x'],
    ['p', 'y'],
    ['q', 'x'],
  ] as const) {
    const options = { key: () => 'k', within: '1d', onUnknown: 'retry' } as const
    const code = pipeline(
      name,
      readings(),
      effect(operator, () => void done.push(`${name}/${operator}`), options),
      all(),
    )
    const world = new World(code)
    await world.deliver(world.sandbox({ claims }), [put(1)])
  }
  expect(done).toEqual(['p/x', 'p/y', 'q/x'])
})

describe('An effect that fails', () => {
  test('for now cuts the batch before its record, and no effect behind it begins', async () => {
    const failing = new Set([2])
    const shop = new Shop(
      ({ n }) => {
        if (failing.delete(n)) throw new RetryableError('busy')
      },
      { concurrency: 1 },
    )
    const sandbox = shop.sandbox()
    expect(await shop.world.deliver(sandbox, records(1, 2, 3))).toEqual({ kind: 'done', failedAt: 1 })
    expect(shop.done).toEqual(['a1', 'a2'])
    expect(await shop.world.deliver(sandbox, records(1, 2, 3), [1, 3])).toEqual({
      kind: 'done',
      failedAt: undefined,
    })
    expect(shop.done).toEqual(['a1', 'a2', 'a2', 'a3'])
    expect(shop.values()).toEqual([1, 2, 3])
  })

  test('for now leaves those that had begun behind it to their end, and does not do them again', async () => {
    const failing = new Set([1])
    const shop = new Shop(async ({ n }) => {
      await shop.clock.sleep(n)
      if (failing.delete(n)) throw new RetryableError('busy')
    })
    const sandbox = shop.sandbox()
    const first = shop.world.deliver(sandbox, records(1, 20))
    let answered = false
    void first.then(() => {
      answered = true
    })
    await shop.clock.advance(19)
    expect(answered).toBe(false)
    await shop.clock.advance(1)
    expect(await first).toEqual({ kind: 'done', failedAt: 0 })
    const second = shop.world.deliver(sandbox, records(1, 20))
    await shop.clock.advance(1)
    await second
    expect(shop.done).toEqual(['a1', 'a20', 'a1'])
  })

  test('for good makes a dead letter of its element and of all others of its key, and the rest goes on', async () => {
    const shop = new Shop(({ n }) => {
      if (n === 2) throw new RangeError('declined')
    })
    await shop.world.deliver(shop.sandbox(), records(1, 2, 3, 2))
    expect(shop.world.letters()).toMatchObject([
      { operator: 'charge', element: { n: 2, at: 2 }, error: { name: 'RangeError', message: 'declined' } },
      { operator: 'charge', element: { n: 2, at: 4 }, error: { name: 'RangeError', message: 'declined' } },
    ])
    expect(shop.done).toEqual(['a1', 'a2', 'a3'])
    expect(shop.values()).toEqual([1, 3])
  })

  test.each([
    ['nothing', () => undefined as unknown as string, 'undefined'],
    ['an empty string', () => '', 'a string of 0 bytes'],
    ['a long string', () => 'ü'.repeat(513), 'a string of 1026 bytes'],
    [
      'an error',
      () => {
        throw new Error('no key')
      },
      'no key',
    ],
  ])('because its key is %s makes a dead letter', async (_, key, shown) => {
    const shop = new Shop(() => {}, { key })
    await shop.world.deliver(shop.sandbox(), records(1))
    expect(shop.done).toEqual([])
    expect(shop.world.letters()[0]?.error.message).toContain(shown)
  })
})

describe('When the process is killed in the middle of an effect', () => {
  async function killed(onUnknown: 'retry' | 'dead-letter') {
    let calls = 0
    const shop = new Shop(({ n }) => (n === 2 && calls++ === 0 ? new Promise(() => {}) : undefined), {
      onUnknown,
    })
    void shop.world.deliver(shop.sandbox(), records(1, 2, 3))
    await shop.clock.settle()
    return shop
  }

  test.each(['retry', 'dead-letter'] as const)(
    'the record waits for the deadline of that invocation, with %s',
    async (onUnknown) => {
      const shop = await killed(onUnknown)
      const sandbox = shop.sandbox()
      expect(await shop.world.deliver(sandbox, records(1, 2, 3))).toEqual({ kind: 'done', failedAt: 1 })
      await shop.clock.advance(INVOCATION_MS - 1)
      expect(await shop.world.deliver(sandbox, records(1, 2, 3), [1, 3])).toEqual({
        kind: 'done',
        failedAt: 1,
      })
      expect(shop.values()).toEqual([1])
      await shop.clock.advance(1)
      expect(await shop.world.deliver(sandbox, records(1, 2, 3), [1, 3])).toEqual({
        kind: 'done',
        failedAt: undefined,
      })
      const again = onUnknown === 'retry'
      expect(shop.values()).toEqual(again ? [1, 2, 3] : [1, 3])
      expect(shop.done.filter((key) => key === 'a2')).toHaveLength(again ? 2 : 1)
      expect(shop.world.letters()).toMatchObject(
        again ? [] : [{ operator: 'charge', error: { name: 'UnknownOutcomeError' }, element: { n: 2 } }],
      )
    },
  )
})

test('however the batches are cut, fail and are delivered again, each effect happens once', async () => {
  const fault = fc.record({
    at: fc.nat(6),
    when: fc.constantFrom('before' as const, 'after' as const),
    how: fc.constantFrom('retryable' as const, 'fatal' as const, 'stop' as const),
  })
  const given = fc.record({
    numbers: fc.array(fc.integer({ min: 1, max: 4 }), { minLength: 1, maxLength: 8 }),
    deliveries: fc.array(fc.record({ from: fc.nat(8), to: fc.nat(8), fault, stale: fc.boolean() }), {
      maxLength: 6,
    }),
  })
  await fc.assert(
    fc.asyncProperty(given, async ({ numbers, deliveries }) => {
      const shop = new Shop()
      const puts = records(...numbers)
      let warm = shop.sandbox()
      let done = 0
      for (const { from, to, fault, stale } of deliveries) {
        // A mapping never leaves anything out.
        const [first, last] = [Math.min(from, done), Math.min(Math.max(to, done + 1), puts.length)]
        if (first >= last) continue
        const answer = await shop.world.deliver(stale ? warm : shop.sandbox(), puts, [first, last], fault)
        // One that stopped may never go on.
        if (answer.kind === 'stopped') warm = shop.sandbox()
        if (answer.kind === 'done') done = Math.max(done, answer.failedAt ?? last)
      }
      await shop.world.deliver(shop.sandbox(), puts, [done === puts.length ? 0 : done, puts.length])
      expect([...shop.done].sort()).toEqual([...new Set(numbers.map((n) => `a${n}`))].sort())
      expect(shop.values()).toEqual(numbers)
    }),
    { numRuns: 200 },
  )
})
