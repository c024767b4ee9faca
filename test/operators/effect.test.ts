import { setImmediate as nextTurn } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { ConfigurationError, RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { type EffectCall, type EffectOptions, effect } from '../../lib/operators/effect.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  failures,
  outcomes,
  type Reading,
  reading,
  readings,
  run,
} from '../support/readings.ts'

/** What was done outside: a list, in order. */
type Doing = (r: Reading, call: EffectCall) => unknown

const doing = (fn: Doing, options: Partial<EffectOptions<Reading>> = {}) =>
  pipeline(
    'p',
    readings(),
    effect<Reading>('charge', fn, {
      key: ({ n }) => (n === 0 ? '' : `order-${n}`),
      within: '7d',
      onUnknown: 'retry',
      ...options,
    }),
    all(),
  )

/** Notes the keys of what is done. */
function ledger(then: Doing = () => {}): { done: string[]; fn: Doing } {
  const done: string[] = []
  const fn: Doing = (r, call) => {
    done.push(call.key)
    return then(r, call)
  }
  return { done, fn }
}

test('something is done once for each key, and every element goes on, in order', async () => {
  const { done, fn } = ledger(async ({ n }) => {
    if (n === 1) for (let turn = 0; turn < 5; turn++) await nextTurn()
  })
  const driven = run(doing(fn)).send(reading(0, 1), reading(1, 2), reading(2, 1), reading(3, 3))
  expect(await emitted(driven)).toEqual([reading(0, 1), reading(1, 2), reading(2, 1), reading(3, 3)])
  expect(done.toSorted()).toEqual(['order-1', 'order-2', 'order-3'])
  expect(await outcomes(driven, 'charge')).toEqual({ in: 4, passed: 4 })
})

test('a batch that is delivered again does nothing again, also in a new sandbox', async () => {
  const { done, fn } = ledger()
  const driven = run(doing(fn)).send(reading(0, 1)).redeliver().restart().redeliver().send(reading(1, 1))
  expect(await emitted(driven)).toEqual([reading(0, 1), reading(1, 1)])
  expect(done).toEqual(['order-1'])
})

test('with a concurrency of 1 the effects happen in order too', async () => {
  const { done, fn } = ledger(async ({ n }) => {
    for (let turn = 0; turn < 4 - n; turn++) await nextTurn()
  })
  const driven = run(doing(fn, { concurrency: 1 })).send(reading(0, 1), reading(1, 2), reading(2, 3))
  expect(await emitted(driven)).toHaveLength(3)
  expect(done).toEqual(['order-1', 'order-2', 'order-3'])
})

test('an error that a retry can cure cuts the batch: the effect is tried again, those before it are not', async () => {
  let failures = 1
  const { done, fn } = ledger(({ n }) => {
    if (n === 2 && failures-- > 0) throw new RetryableError('not now')
  })
  const driven = run(doing(fn)).send(reading(0, 1), reading(1, 2), reading(2, 3))
  expect(await emitted(driven)).toEqual([reading(0, 1), reading(1, 2), reading(2, 3)])
  expect(done.filter((key) => key === 'order-1')).toEqual(['order-1'])
  expect(done.filter((key) => key === 'order-2')).toEqual(['order-2', 'order-2'])
})

test('another error is a dead letter, and so is every element of that key from then on, without a call', async () => {
  const { done, fn } = ledger(({ n }) => {
    if (n === 2) throw new TypeError('card refused')
  })
  const driven = run(doing(fn)).send(reading(0, 2), reading(1, 3)).restart().send(reading(2, 2))
  expect(await emitted(driven)).toEqual([reading(1, 3)])
  expect(await failures(driven)).toEqual(['charge: card refused', 'charge: card refused'])
  expect(done.toSorted()).toEqual(['order-2', 'order-3'])
  expect(await outcomes(driven, 'charge')).toEqual({ in: 3, passed: 1, failed: 2 })
})

describe('When a connection breaks, nobody knows whether it happened:', () => {
  const breaking = () => {
    let breaks = 1
    return ledger(() => {
      if (breaks-- > 0) throw Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })
    })
  }

  test("with 'retry' it is done again under the same key", async () => {
    const { done, fn } = breaking()
    const driven = run(doing(fn)).send(reading(0, 1))
    expect(await emitted(driven)).toEqual([reading(0, 1)])
    expect(done).toEqual(['order-1', 'order-1'])
  })

  test("with 'dead-letter' it never is", async () => {
    const { done, fn } = breaking()
    const driven = run(doing(fn, { onUnknown: 'dead-letter' })).send(reading(0, 1), reading(1, 1))
    expect(await emitted(driven)).toEqual([])
    expect(await failures(driven)).toEqual([
      expect.stringContaining(
        "effect 'charge' was begun, and nobody knows whether it happened (socket hang up)",
      ),
      expect.stringContaining('nobody knows whether it happened'),
    ])
    expect(done).toEqual(['order-1'])
  })
})

test('a key is remembered for the time asked for, by the clock on the wall', async () => {
  const { done, fn } = ledger()
  const driven = run(doing(fn, { within: '1h' })).send(reading(0, 1))
  driven.advance('30m').send(reading(1, 1)).advance('2h').send(reading(2, 1))
  expect(await emitted(driven)).toHaveLength(3)
  expect(done).toEqual(['order-1', 'order-1'])
})

test('time waits for what is pending: a window behind it has all elements before it closes', async () => {
  const driven = run(
    pipeline(
      'p',
      readings(),
      effect<Reading>('charge', () => nextTurn(), {
        key: ({ n }) => `${n}`,
        within: '1d',
        onUnknown: 'retry',
      }),
      keyBy(),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    ),
  ).send(reading(1, 1), reading(9, 2), reading(11, 3))
  expect(await emitted(driven)).toMatchObject([{ start: 0, value: 2 }])
})

test('an element without a key is a dead letter', async () => {
  const { done, fn } = ledger()
  const driven = run(doing(fn)).send(reading(0, 0))
  expect(await failures(driven)).toEqual([
    `charge: 'key' of effect 'charge' answered a string of 0 bytes: expected an idempotency key, a string of 1 to 1024 bytes`,
  ])
  expect(done).toEqual([])
})

describe('Refused:', () => {
  test('keys that are remembered for no time', () => {
    expect(() => doing(() => {}, { within: '0s' })).toThrow(ConfigurationError)
    expect(() => doing(() => {}, { within: '0s' })).toThrow(
      `effect 'charge' remembers its keys 'within' '0s'`,
    )
  })

  test.each([0, 1.5, Number.NaN])('a concurrency of %d', (concurrency) => {
    expect(() => doing(() => {}, { concurrency })).toThrow(
      `effect 'charge' has a concurrency of ${concurrency}`,
    )
  })
})
