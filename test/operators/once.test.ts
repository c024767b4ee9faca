import { describe, expect, test } from 'vitest'
import type { Claim, ClaimStore } from '../../lib/core/claim-store.ts'
import { RetryableError, UnknownOutcomeError } from '../../lib/core/errors.ts'
import { isRetryable } from '../../lib/core/retryable.ts'
import { Once } from '../../lib/operators/once.ts'
import { MemoryClaimStore } from '../../lib/state/memory-claims.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const TIMEOUT = 60_000
const WITHIN = 3_600_000

type Action = (signal: AbortSignal) => unknown

/** A claim store and its clock; each invocation has a deadline of its own. */
class Shop {
  readonly clock = new VirtualClock(1_000)
  readonly store = new MemoryClaimStore()
  /** what happened, in order */
  readonly done: string[] = []
  #nonce = 0

  /** A new invocation, with 60 s to its deadline. */
  invocation(onUnknown: 'retry' | 'dead-letter', claims: ClaimStore = this.store) {
    const deadline = this.clock.now() + TIMEOUT
    const once = new Once(
      {
        claims,
        now: () => this.clock.now(),
        sleep: (ms, signal) => this.clock.sleep(ms, signal),
        deadline: () => deadline,
        nonce: () => `owner-${this.#nonce++}`,
      },
      { name: 'charge', within: WITHIN, onUnknown },
    )
    return (name: string, action: Action = () => {}, redrive = '') =>
      once.perform('k', redrive, async (signal) => {
        this.done.push(name)
        return await action(signal)
      })
  }

  /** An invocation that is killed in the middle of its action. */
  async killed(onUnknown: 'retry' | 'dead-letter'): Promise<void> {
    void this.invocation(onUnknown)('killed', () => new Promise(() => {}))
    await this.clock.settle()
  }
}

const thrown = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  )

const reset = () => Object.assign(new Error('socket hang up'), { code: 'ECONNRESET' })

describe('What is done once', () => {
  test('is not done again, until it is forgotten', async () => {
    const shop = new Shop()
    await shop.invocation('retry')('first')
    await shop.clock.advance(WITHIN - 1)
    await shop.invocation('retry')('second')
    expect(shop.done).toEqual(['first'])
    await shop.clock.advance(1)
    await shop.invocation('retry')('third')
    expect(shop.done).toEqual(['first', 'third'])
  })

  test('is not done by two at a time: the other one is told to come again', async () => {
    const shop = new Shop()
    const { promise, resolve } = Promise.withResolvers<void>()
    const first = shop.invocation('retry')('first', () => promise)
    await shop.clock.advance(1_000)
    const error = await thrown(shop.invocation('retry')('second'))
    expect(error).toBeInstanceOf(RetryableError)
    expect(String(error)).toContain(
      "the effect of 'k' is at work in another invocation, which ends in 59000 ms",
    )
    resolve()
    await first
    await shop.invocation('retry')('third')
    expect(shop.done).toEqual(['first'])
  })

  test('does not begin when its invocation is about to end', async () => {
    const shop = new Shop()
    const perform = shop.invocation('retry')
    await shop.clock.advance(TIMEOUT - 1_000)
    const error = await thrown(perform('late'))
    expect(error).toBeInstanceOf(RetryableError)
    expect(String(error)).toContain("effect 'charge' has not begun, because its invocation ends in 1000 ms")
    expect(shop.done).toEqual([])
  })
})

describe('When the process was killed in the middle', () => {
  test.each(['retry', 'dead-letter'] as const)(
    'nobody says what became of it before its deadline, with %s',
    async (onUnknown) => {
      const shop = new Shop()
      await shop.killed(onUnknown)
      await shop.clock.advance(TIMEOUT - 1)
      expect(await thrown(shop.invocation(onUnknown)('second'))).toBeInstanceOf(RetryableError)
      expect(shop.done).toEqual(['killed'])
    },
  )

  test('from then on it is done again, with retry', async () => {
    const shop = new Shop()
    await shop.killed('retry')
    await shop.clock.advance(TIMEOUT)
    await shop.invocation('retry')('second')
    await shop.invocation('retry')('third')
    expect(shop.done).toEqual(['killed', 'second'])
  })

  test('from then on it is given up, with dead-letter, the same way each time', async () => {
    const shop = new Shop()
    await shop.killed('dead-letter')
    await shop.clock.advance(TIMEOUT)
    for (let time = 0; time < 2; time++) {
      const error = await thrown(shop.invocation('dead-letter')('again'))
      expect(error).toBeInstanceOf(UnknownOutcomeError)
      expect(String(error)).toContain("effect 'charge' was begun, and nobody knows whether it happened")
      expect(String(error)).toContain("find out by its key 'k'")
    }
    expect(shop.done).toEqual(['killed'])
  })

  test('of many that find it, one does it again', async () => {
    const shop = new Shop()
    await shop.killed('retry')
    await shop.clock.advance(TIMEOUT)
    const all = ['a', 'b', 'c'].map((name) =>
      thrown(shop.invocation('retry')(name, () => shop.clock.sleep(5))),
    )
    await shop.clock.advance(5)
    const errors = await Promise.all(all)
    expect(errors.filter((error) => error === undefined)).toHaveLength(1)
    expect(errors.filter((error) => error instanceof RetryableError)).toHaveLength(2)
    expect(shop.done).toHaveLength(2)
  })

  test('a zombie that ends after its deadline cannot undo what was given up', async () => {
    const shop = new Shop()
    const { promise, resolve } = Promise.withResolvers<void>()
    const zombie = shop.invocation('dead-letter')('zombie', () => promise)
    await shop.clock.advance(TIMEOUT)
    expect(await thrown(shop.invocation('dead-letter')('second'))).toBeInstanceOf(UnknownOutcomeError)
    resolve()
    await thrown(zombie)
    expect(await thrown(shop.invocation('dead-letter')('third'))).toBeInstanceOf(UnknownOutcomeError)
    expect(shop.done).toEqual(['zombie'])
  })
})

describe('An action that fails', () => {
  test('for now is tried again, without waiting', async () => {
    const shop = new Shop()
    const busy = new RetryableError('busy')
    expect(await thrown(shop.invocation('dead-letter')('first', () => Promise.reject(busy)))).toBe(busy)
    await shop.invocation('dead-letter')('second')
    expect(shop.done).toEqual(['first', 'second'])
  })

  test('for good fails with the same error each time, without being done again', async () => {
    const shop = new Shop()
    const declined = new RangeError('card declined')
    expect(await thrown(shop.invocation('retry')('first', () => Promise.reject(declined)))).toBe(declined)
    const again = await thrown(shop.invocation('retry')('second'))
    expect(again).toMatchObject({ name: 'RangeError', message: 'card declined', stack: declined.stack })
    expect(shop.done).toEqual(['first'])
  })

  test('with what is no error is told as such', async () => {
    const shop = new Shop()
    await thrown(shop.invocation('retry')('first', () => Promise.reject('nothing but text')))
    expect(await thrown(shop.invocation('retry')('second'))).toMatchObject({ message: 'nothing but text' })
  })

  test('because the connection broke is done again, with retry', async () => {
    const shop = new Shop()
    const error = await thrown(shop.invocation('retry')('first', () => Promise.reject(reset())))
    expect(error).toMatchObject({ code: 'ECONNRESET' })
    await shop.invocation('retry')('second')
    expect(shop.done).toEqual(['first', 'second'])
  })

  test('because the connection broke is not done again, with dead-letter', async () => {
    const shop = new Shop()
    const error = await thrown(shop.invocation('dead-letter')('first', () => Promise.reject(reset())))
    expect(error).toBeInstanceOf(UnknownOutcomeError)
    expect(String(error)).toContain('socket hang up')
    const again = await thrown(shop.invocation('dead-letter')('second'))
    expect(again).toMatchObject({ name: 'UnknownOutcomeError', message: (error as Error).message })
    expect(shop.done).toEqual(['first'])
  })

  test('of which its author says that nothing happened is done again, with dead-letter too', async () => {
    const shop = new Shop()
    const sure = new RetryableError('not sent', {}, { cause: reset() })
    await thrown(shop.invocation('dead-letter')('first', () => Promise.reject(sure)))
    await shop.invocation('dead-letter')('second')
    expect(shop.done).toEqual(['first', 'second'])
  })
})

describe('A second before the deadline', () => {
  const untilAborted: Action = (signal) =>
    new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)))

  test.each([
    ['retry', true, ['first', 'second']],
    ['dead-letter', false, ['first']],
  ] as const)(
    'the action is told to end; what became of it is unknown: %s',
    async (onUnknown, again, done) => {
      const shop = new Shop()
      const first = thrown(shop.invocation(onUnknown)('first', untilAborted))
      let ended = false
      void first.then(() => {
        ended = true
      })
      await shop.clock.advance(TIMEOUT - 1_001)
      expect(ended).toBe(false)
      await shop.clock.advance(1)
      expect(isRetryable(await first)).toBe(again)
      await thrown(shop.invocation(onUnknown)('second'))
      expect(shop.done).toEqual(done)
    },
  )

  test('an action that comes to its end all the same is done', async () => {
    const shop = new Shop()
    const first = shop.invocation('dead-letter')('first', () => shop.clock.sleep(TIMEOUT - 500))
    await shop.clock.advance(TIMEOUT - 500)
    expect(await first).toBeUndefined()
    await shop.invocation('dead-letter')('second')
    expect(shop.done).toEqual(['first'])
  })
})

describe('A dead letter that is sent again', () => {
  test('is tried anew, once', async () => {
    const shop = new Shop()
    await thrown(shop.invocation('retry')('first', () => Promise.reject(new Error('no'))))
    await thrown(
      shop.invocation('retry')('redriven', () => Promise.reject(new Error('no again')), 'letter-1'),
    )
    const again = await thrown(shop.invocation('retry')('delivered again', () => {}, 'letter-1'))
    expect(again).toMatchObject({ message: 'no again' })
    await shop.invocation('retry')('redriven again', () => {}, 'letter-2')
    expect(shop.done).toEqual(['first', 'redriven', 'redriven again'])
  })

  test('is tried anew where it was given up', async () => {
    const shop = new Shop()
    await shop.killed('dead-letter')
    await shop.clock.advance(TIMEOUT)
    await thrown(shop.invocation('dead-letter')('second'))
    await shop.invocation('dead-letter')('redriven', () => {}, 'letter-1')
    expect(shop.done).toEqual(['killed', 'redriven'])
  })

  test('is not tried where the effect is done', async () => {
    const shop = new Shop()
    await shop.invocation('retry')('first')
    await shop.invocation('retry')('redriven', () => {}, 'letter-1')
    expect(shop.done).toEqual(['first'])
  })
})

describe('When the claim store does not answer', () => {
  /** A store whose nth write breaks, before or after it is done. */
  const breaking = (shop: Shop, nth: number, when: 'before' | 'after'): ClaimStore => {
    let writes = 0
    return {
      put: async (claim: Claim, now: number, instead?: string) => {
        const breaks = ++writes === nth
        if (breaks && when === 'before') throw new RetryableError('no answer')
        const result = await shop.store.put(claim, now, instead)
        if (breaks) throw new RetryableError('no answer')
        return result
      },
      remove: (key, owner) => shop.store.remove(key, owner),
    }
  }

  test.each(['before', 'after'] as const)('nothing is done (%s the claim)', async (when) => {
    const shop = new Shop()
    const error = await thrown(shop.invocation('retry', breaking(shop, 1, when))('first'))
    expect(error).toBeInstanceOf(RetryableError)
    expect(shop.done).toEqual([])
    await shop.clock.advance(TIMEOUT)
    await shop.invocation('retry')('second')
    expect(shop.done).toEqual(['second'])
  })

  test('an effect whose outcome could not be written is unknown after its deadline', async () => {
    const shop = new Shop()
    const error = await thrown(shop.invocation('dead-letter', breaking(shop, 2, 'before'))('first'))
    expect(error).toBeInstanceOf(RetryableError)
    expect(await thrown(shop.invocation('dead-letter')('second'))).toBeInstanceOf(RetryableError)
    await shop.clock.advance(TIMEOUT)
    expect(await thrown(shop.invocation('dead-letter')('third'))).toBeInstanceOf(UnknownOutcomeError)
    expect(shop.done).toEqual(['first'])
  })

  test('one whose outcome is written, with the answer lost, is known', async () => {
    const shop = new Shop()
    await thrown(shop.invocation('dead-letter', breaking(shop, 2, 'after'))('first'))
    await shop.invocation('dead-letter')('second')
    expect(shop.done).toEqual(['first'])
  })

  test('what the store throws is no fault of the element, whatever it is', async () => {
    const shop = new Shop()
    const broken: ClaimStore = {
      remove: async () => {},
      put: () => Promise.reject(new TypeError('x is not a function')),
    }
    const error = await thrown(shop.invocation('retry', broken)('first'))
    expect(error).toBeInstanceOf(RetryableError)
    expect(String(error)).toContain("the claim store did not take the claim on 'k': x is not a function")
  })
})
