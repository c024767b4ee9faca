import { describe, expect, test } from 'vitest'
import { pipe } from '../../lib/core/pipe.ts'
import { type Pipeline, pipeline } from '../../lib/core/pipeline.ts'
import { shardIdOf } from '../../lib/local/sequence.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { ShardFeed } from '../../lib/testing/shard-feed.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import type { Windowed } from '../../lib/windows/pane.ts'
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

const byNumber = keyBy(({ n }: Reading) => `${n}`)
const counted = window('w', { over: tumbling('10ms'), aggregate: count() })
const grouped = (): Pipeline => pipeline('p', readings(), byNumber, counted, all())

describe('An element that fails behind an exchange', () => {
  const picky = window('w', {
    over: tumbling('10ms'),
    aggregate: sum(({ n }: Reading) => {
      if (n === 7) throw new Error('no sevens')
      return n
    }),
  })

  test('is a dead letter by itself: not the record it came in, which holds many others', async () => {
    const driven = run(pipeline('p', readings(), byNumber, picky, all()))
      .send(reading(1, 6), reading(2, 7), reading(3, 8))
      .end()
    expect((await emitted<Windowed<string, number>>(driven)).map(({ value }) => value)).toEqual([6, 8])
    expect(await driven.deadLetters()).toMatchObject([
      { operator: 'w', stream: 'p.w', data: '', element: reading(2, 7), key: '7', subSequence: 1 },
    ])
    expect(await outcomes(driven, 'w')).toMatchObject({ in: 3, onTime: 2, failed: 1 })
  })

  test('at the function that gives its key is one with its record, as everywhere', async () => {
    const keyless = keyBy(({ n }: Reading) => (n === 7 ? (undefined as unknown as string) : `${n}`))
    const driven = run(pipeline('p', readings(), keyless, counted, all()))
      .send(reading(1, 7), reading(2, 8))
      .end()
    expect(await failures(driven)).toEqual([
      'keyBy: the function of keyBy answered undefined, which is no string: make one of it, or filter such elements out before',
    ])
    expect(await driven.deadLetters()).toMatchObject([{ data: Buffer.from('a 1 7').toString('base64') }])
    expect(await outcomes(driven, 'keyBy')).toEqual({ in: 2, passed: 1, failed: 1 })
  })

  test('because no record holds it is a dead letter on the near side, and the others go through', async () => {
    const large = pipe(
      map((r: Reading) => ({ n: r.n, text: r.n === 7 ? randomText(1_500_000) : '' })),
      keyBy(({ n }) => `${n}`),
      window('w', { over: tumbling('10ms'), aggregate: count() }),
      all(),
    )
    const driven = run(pipeline('p', readings(), large))
      .send(reading(1, 7), reading(2, 8))
      .end()
    expect((await emitted<Windowed<string, number>>(driven)).map(({ key }) => key)).toEqual(['8'])
    expect(await failures(driven)).toEqual([expect.stringMatching(/^keyBy: an element takes \d+ bytes/)])
    expect(await outcomes(driven, 'keyBy')).toEqual({ in: 2, passed: 1, failed: 1 })
  })
})

/** Text that does not compress. */
const randomText = (length: number): string => {
  let seed = 1
  return Array.from({ length }, () => {
    seed = (seed * 48_271) % 2_147_483_647
    return String.fromCharCode(33 + (seed % 90))
  }).join('')
}

/** A pipeline of two stages in an environment; deliver() takes everything through both. */
function deployed(environment: MemoryEnvironment, store = environment.store) {
  const handler = lambda(grouped())
  const { streams } = environment
  for (const stream of ['readings', 'p.w']) if (!streams.has(stream)) streams.create(stream, { shards: 1 })
  handler.connect({ ...environment, store, openSink: (target) => environment.openSink(target) })
  const feeds = ['readings', 'p.w'].map((stream) => new ShardFeed(streams, stream, shardIdOf(0)))
  return {
    deliver: async () => {
      for (const feed of feeds) await feed.deliver(handler, 10)
    },
    end: async () => {
      await feeds[0]?.tick(handler, Number.MAX_SAFE_INTEGER)
      await feeds[1]?.deliver(handler, 10)
    },
  }
}

const put = ({ streams }: MemoryEnvironment, at: number): void => {
  streams.put('readings', [{ data: Buffer.from(`a ${at} 1`), partitionKey: 'a', arrival: at }])
}

test('a record that is no frame is a dead letter, and what comes behind it is done', async () => {
  const environment = new MemoryEnvironment(new VirtualClock(1))
  const { deliver, end } = deployed(environment)
  put(environment, 1)
  environment.streams.put('p.w', [{ data: Buffer.from('{"a":1}'), partitionKey: 'x' }])
  await deliver()
  await end()
  expect(environment.letters()).toMatchObject([
    { operator: 'exchange w', stream: 'p.w', data: Buffer.from('{"a":1}').toString('base64') },
  ])
  expect(environment.reports.at(-1)?.totals?.w).toMatchObject({ onTime: 1, closedPanes: 1 })
})

test('frames of a pipeline that was made anew are passed over: they are of its earlier life', async () => {
  const clock = new VirtualClock(1)
  const environment = new MemoryEnvironment(clock)
  const before = deployed(environment)
  put(environment, 1)
  await before.deliver()
  await clock.advance(5)
  const after = deployed(environment, new MemoryStateStore())
  await after.deliver()
  await after.end()
  expect(environment.reports.at(-1)?.totals?.w).toMatchObject({ onTime: 1, closedPanes: 1 })
})
