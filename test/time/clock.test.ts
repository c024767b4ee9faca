import { afterEach, expect, test, vi } from 'vitest'
import { systemClock } from '../../lib/time/clock.ts'

afterEach(() => {
  vi.useRealTimers()
})

test('now is the time of the machine', () => {
  vi.useFakeTimers({ now: 1_234 })
  expect(systemClock.now()).toBe(1_234)
})

test('a sleep ends when its time has passed, and not before', async () => {
  vi.useFakeTimers()
  const awake = vi.fn()
  void systemClock.sleep(10).then(awake)
  await vi.advanceTimersByTimeAsync(9)
  expect(awake).not.toHaveBeenCalled()
  await vi.advanceTimersByTimeAsync(1)
  expect(awake).toHaveBeenCalledOnce()
})

test('an abort ends a sleep and leaves no timer behind', async () => {
  vi.useFakeTimers()
  const abort = new AbortController()
  const asleep = systemClock.sleep(1_000, abort.signal)
  expect(vi.getTimerCount()).toBe(1)
  abort.abort()
  await asleep
  expect(vi.getTimerCount()).toBe(0)
})

test('a sleep under an aborted signal is over at once', async () => {
  vi.useFakeTimers()
  await systemClock.sleep(1_000, AbortSignal.abort())
  expect(vi.getTimerCount()).toBe(0)
})
