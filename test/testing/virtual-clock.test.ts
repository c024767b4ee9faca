import { describe, expect, test } from 'vitest'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

describe('A virtual clock', () => {
  test('stands still until it is advanced', async () => {
    const clock = new VirtualClock(500)
    let awake = false
    void clock.sleep(10).then(() => {
      awake = true
    })
    await clock.advance(9)
    expect([clock.now(), awake]).toEqual([509, false])
    await clock.advance(1)
    expect([clock.now(), awake]).toEqual([510, true])
  })

  test('wakes sleepers in time order, each at its own time', async () => {
    const clock = new VirtualClock()
    const woken: [string, number][] = []
    const sleep = async (name: string, ms: number) => {
      await clock.sleep(ms)
      woken.push([name, clock.now()])
    }
    void sleep('late', 30)
    void sleep('early', 10)
    void sleep('early too', 10)
    await clock.advance(100)
    expect(woken).toEqual([
      ['early', 10],
      ['early too', 10],
      ['late', 30],
    ])
    expect(clock.now()).toBe(100)
  })

  test('wakes what sleepers start on the way', async () => {
    const clock = new VirtualClock()
    const times: number[] = []
    void (async () => {
      for (let i = 0; i < 3; i++) {
        await clock.sleep(10)
        times.push(clock.now())
      }
    })()
    await clock.advance(25)
    expect(times).toEqual([10, 20])
    await clock.advance(5)
    expect(times).toEqual([10, 20, 30])
  })

  test('ends a sleep at once when its signal aborts, before or during it', async () => {
    const clock = new VirtualClock()
    const abort = new AbortController()
    const other = clock.sleep(5)
    const during = clock.sleep(1_000, abort.signal)
    abort.abort()
    await during
    await clock.sleep(1_000, abort.signal)
    expect(clock.now()).toBe(0)
    await clock.advance(5)
    await other
  })
})
