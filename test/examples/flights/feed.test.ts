import { describe, expect, it } from 'vitest'
import { Credit } from '../../../examples/flights/credit.ts'
import { type FeedOptions, feed } from '../../../examples/flights/feed.ts'
import type { Clock } from '../../../lib/time/clock.ts'

const COUNT = 12_000

/** Time that passes only while somebody sleeps. */
const virtualClock = (): Clock => {
  let now = 1_000
  return {
    now: () => now,
    sleep: async (ms) => {
      now += ms
    },
  }
}

/** 12,000 flights, one a minute; `puts` collects [time, number of records, offset]. */
function setUp(options: Partial<FeedOptions> = {}, credit = 1_000_000) {
  const rows = Array.from({ length: COUNT }, (_, row) => row)
  const clock = virtualClock()
  const stop = new AbortController()
  const puts: { at: number; records: number; offset: number }[] = []
  const given: FeedOptions = {
    flights: {
      length: COUNT,
      scheduled: Int32Array.from(rows),
      delay: new Int16Array(COUNT),
      distance: new Uint16Array(COUNT),
      origin: new Uint16Array(COUNT),
      destination: new Uint16Array(COUNT),
      airports: ['LAX'],
    },
    order: Uint32Array.from(rows),
    from: 0,
    to: COUNT,
    speed: Number.POSITIVE_INFINITY,
    bad: 0,
    credit: new Credit(),
    clock,
    signal: stop.signal,
    put: (records, offset) => puts.push({ at: clock.now() - 1_000, records: records.length, offset }),
    ...options,
  }
  given.credit.grant(credit)
  return { given, puts, stop }
}

describe('the feed', () => {
  it('puts the flights from one index to another, no more, in runs of at most 5,000', async () => {
    const { given, puts } = setUp({ from: 100, to: 11_000 })
    expect(await feed(given)).toBe(11_000)
    expect(puts.map(({ records, offset }) => [records, offset])).toEqual([
      [5_000, 5_100],
      [5_000, 10_100],
      [900, 11_000],
    ])
  })

  it('puts nothing when it has put them all before', async () => {
    const { given, puts } = setUp({ from: 500, to: 300 })
    expect(await feed(given)).toBe(500)
    expect(puts).toEqual([])
  })

  it('counts flights in its offset and bad records in its puts', async () => {
    const { given, puts } = setUp({ to: 1_000, bad: 0.5 })
    await feed(given)
    expect(puts[0]?.offset).toBe(1_000)
    expect(puts[0]?.records).toBeGreaterThan(1_300)
  })

  it('waits without credit and goes on when it is granted', async () => {
    const { given, puts } = setUp({}, 5_001)
    const done = feed(given)
    await new Promise((resolve) => setImmediate(() => setImmediate(() => setImmediate(resolve))))
    expect(puts.map(({ offset }) => offset)).toEqual([5_000, 10_000])
    given.credit.grant(4_999)
    given.credit.grant(1)
    expect(await done).toBe(COUNT)
  })

  it('stops between two puts and says where', async () => {
    const { given, puts, stop } = setUp()
    const put = given.put
    const stopping: FeedOptions = {
      ...given,
      put: (records, offset) => {
        put(records, offset)
        stop.abort()
      },
    }
    expect(await feed(stopping)).toBe(5_000)
    expect(puts).toHaveLength(1)
  })

  it('stops while it waits for credit', async () => {
    const { given, puts, stop } = setUp({}, 0)
    const done = feed(given)
    stop.abort()
    expect(await done).toBe(0)
    expect(puts).toEqual([])
  })

  it('puts no flight before it is due at the given speed, counted from the first one it puts', async () => {
    // A flight a minute at 600 event seconds a second: one each 100 ms
    const { given, puts } = setUp({ from: 7_000, to: 7_004, speed: 600 })
    await feed(given)
    expect(puts).toEqual([
      { at: 0, records: 1, offset: 7_001 },
      { at: 100, records: 1, offset: 7_002 },
      { at: 200, records: 1, offset: 7_003 },
      { at: 300, records: 1, offset: 7_004 },
    ])
  })

  it('gathers what falls due within 50 ms', async () => {
    // Ten flights each 100 ms, so five to a put
    const { given, puts } = setUp({ to: 11, speed: 6_000 })
    await feed(given)
    expect(puts).toEqual([
      { at: 0, records: 1, offset: 1 },
      { at: 50, records: 5, offset: 6 },
      { at: 100, records: 5, offset: 11 },
    ])
  })
})
