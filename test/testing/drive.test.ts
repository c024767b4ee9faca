import { describe, expect, test } from 'vitest'
import * as z from 'zod'
import { json } from '../../lib/codecs/json.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { merge } from '../../lib/operators/merge.ts'
import { window } from '../../lib/operators/window.ts'
import { drive } from '../../lib/testing/drive.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import {
  all,
  emitted,
  failures,
  hours,
  type Reading,
  reading,
  readings,
  readingsOf,
  readingsOfOneShard,
  run,
} from '../support/readings.ts'

const same = () => pipeline('p', readings(), all())
const counted = () =>
  pipeline('p', readings(), keyBy(), window('w', { over: tumbling('1h'), aggregate: count() }), all())

/** Tells when each record arrived. */
const arrivals = async (driven: ReturnType<typeof drive>): Promise<number[]> =>
  (await driven.deadLetters()).map(({ arrival }) => arrival)
const refused = () =>
  pipeline(
    'p',
    readings(),
    map(() => {
      throw new Error('refused')
    }),
    all(),
  )

describe('Sending', () => {
  test('delivers values in order, and again with the next call', async () => {
    const driven = run(same()).send(reading(1), reading(2)).send(reading(3))
    expect(await emitted(driven)).toEqual([reading(1), reading(2), reading(3)])
    expect((await driven.reports()).map(({ records }) => records)).toEqual([2, 1])
  })

  test('nothing delivers nothing', async () => {
    expect(await run(same()).send().reports()).toEqual([])
  })

  test('cuts batches as the pipeline says, or as the test says', async () => {
    const source = kinesis.source({ stream: 's', codec: json(z.number()), batch: { size: 2 } })
    const records = async (driven: ReturnType<typeof drive>) =>
      (await driven.send(1, 2, 3).reports()).map((report) => report.records)
    expect(await records(drive(pipeline('p', source, all())))).toEqual([2, 1])
    expect(await records(drive(pipeline('p', source, all()), { batchSize: 3 }))).toEqual([3])
  })

  test('a source of one shard to more of them is refused', () => {
    expect(() => run(pipeline('p', readingsOfOneShard(), all()), { shards: 2 })).toThrow(
      `the source of pipeline 'p' declares 'shards: 1', and the test asks for 2: leave one of them out`,
    )
  })

  test('gives all values one partition key unless told', async () => {
    expect(await drive(refused()).send(reading(0)).deadLetters()).toMatchObject([{ partitionKey: '-' }])
    const driven = drive(refused(), { key: ({ key }: Reading) => key }).send(reading(0, 1, 'b'))
    expect(await driven.deadLetters()).toMatchObject([{ partitionKey: 'b' }])
  })

  test('spreads keys over shards', async () => {
    const driven = run(same(), { shards: 3 }).send(
      ...['a', 'b', 'c', 'd', 'e', 'f'].map((key) => reading(0, 1, key)),
    )
    expect(await driven.output()).toHaveLength(6)
    expect(new Set((await driven.reports()).map(({ shardId }) => shardId)).size).toBe(3)
  })

  test('a value that the codec refuses makes a dead letter', async () => {
    const source = kinesis.source({ stream: 's', codec: json(z.number()) })
    const driven = drive(pipeline('p', source, all())).send(1, 'two', 3)
    expect(await emitted(driven)).toEqual([1, 3])
    expect(await failures(driven)).toEqual([
      expect.stringMatching(/^source: the record does not fit the schema/),
    ])
  })
})

describe('The clock', () => {
  test('starts at 0 and moves to the event times sent', async () => {
    const driven = run(refused()).send(reading(5), reading(70), reading(30))
    expect(await arrivals(driven)).toEqual([5, 70, 70])
  })

  test('moves on by advance', async () => {
    expect(await arrivals(run(refused()).advance('1m').send(reading(5)))).toEqual([60_000])
  })

  test('stands at whole ms behind an event time that is none', async () => {
    const driven = run(counted())
      .send(reading(5.25))
      .send(reading(hours(1)))
    expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1 }])
  })

  test.each([Number.NaN, Number.POSITIVE_INFINITY])(
    'stays where it is at an event time of %d',
    async (at) => {
      const driven = run(refused()).send(reading(5), reading(at), reading(6))
      expect(await arrivals(driven)).toEqual([5, 5, 6])
      expect(await failures(driven)).toContainEqual(
        `source: eventTime answered ${at}: expected epoch milliseconds or a valid Date`,
      )
    },
  )
})

describe('Raw records', () => {
  test('come with any bytes, partition key and arrival', async () => {
    const data = Buffer.of(0xff, 0x00)
    const driven = drive(same()).sendRaw(data, { partitionKey: 'k', arrival: 42 })
    expect(await driven.deadLetters()).toMatchObject([
      { operator: 'source', data: data.toString('base64'), partitionKey: 'k', arrival: 42 },
    ])
  })

  test('come as text, now, unless told', async () => {
    expect(await arrivals(drive(refused()).advance('1s').sendRaw('a 0 1'))).toEqual([1_000])
  })

  test('come in any number, cut into batches of the size asked for', async () => {
    const records = [0, 1, 2].map((at) => ({ data: Buffer.from(`a ${at} 1`), partitionKey: 'k', arrival: 7 }))
    const driven = drive(same(), { batchSize: 2 }).sendRecords(records)
    expect(await emitted(driven)).toEqual([reading(0), reading(1), reading(2)])
    expect((await driven.reports()).map((report) => report.records)).toEqual([2, 1])
  })

  test('can be of a clock that is wrong: they do not close windows', async () => {
    const driven = run(counted())
      .send(reading(0))
      .sendRaw(`a ${hours(50)} 1`)
      .send(reading(1))
      .end()
    expect(await emitted(driven)).toMatchObject([{ value: 2 }])
    expect(await failures(driven)).toEqual([expect.stringContaining('ahead of the record')])
  })
})

describe('Faults:', () => {
  test('records that are delivered again change nothing', async () => {
    const driven = run(counted(), { batchSize: 2 })
      .redeliver()
      .send(reading(0), reading(1), reading(2))
      .redeliver()
      .redeliver(3)
      .redeliver(100)
      .send(reading(hours(1)))
      .redeliver(1)
    expect(await emitted(driven)).toMatchObject([{ start: 0, value: 3 }])
    expect((await driven.reports()).map(({ redelivered }) => redelivered)).toEqual([0, 0, 2, 3, 3, 0, 1])
  })

  test('a new sandbox goes on where the old one was', async () => {
    const driven = run(counted()).send(reading(0)).restart().redeliver().restart().send(reading(1)).end()
    expect(await emitted(driven)).toMatchObject([{ value: 2 }])
  })
})

describe('The end', () => {
  test('closes every window of every shard', async () => {
    const driven = run(counted(), { shards: 3 })
    for (const key of ['a', 'b', 'c', 'd']) driven.send(reading(0, 1, key))
    expect(await emitted(driven)).toEqual([])
    expect(await emitted(driven.end())).toHaveLength(4)
    expect((await driven.reports()).slice(-3).map(({ stateSize }) => stateSize)).toEqual([0, 0, 0])
  })

  test('comes once: again it changes nothing, and what comes after is late', async () => {
    const driven = run(counted()).send(reading(0)).end().end().send(reading(1))
    expect(await emitted(driven)).toMatchObject([{ value: 1 }])
    expect(await failures(driven)).toHaveLength(1)
  })

  test('of a pipeline without state has nothing to close', async () => {
    expect(await emitted(run(same()).send(reading(0)).end())).toEqual([reading(0)])
  })
})

describe('Output', () => {
  test('is of the first sink unless told, not of a late one', async () => {
    const late = pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', { over: tumbling('1h'), aggregate: count(), late: all('late') }),
      all('panes'),
    )
    const driven = run(late).send(reading(0), reading(hours(2)), reading(1))
    expect(await driven.output()).toEqual(await driven.output('panes'))
    expect(await driven.output()).toHaveLength(1)
    expect(await driven.output('late')).toHaveLength(1)
  })

  test('of a table that is not the pipeline’s tells which there are', async () => {
    await expect(run(same()).output('nope')).rejects.toThrow(
      new RangeError(`pipeline 'p' writes no table 'nope': expected one of out`),
    )
  })
})

describe('Moving the clock on', () => {
  test('lets a minute of silence pass before windows close, and then their own time', async () => {
    const driven = run(counted()).send(reading(0))
    expect(await emitted(driven.advance('60m'))).toEqual([])
    expect(await emitted(driven.advance('1m'))).toMatchObject([{ start: 0, value: 1 }])
    expect(await emitted(driven.advance('1d'))).toHaveLength(1)
  })

  test('waits out what a source says of its silence', async () => {
    const source = kinesis.source({
      stream: 's',
      codec: json(z.number()),
      eventTime: (at) => at,
      maxOutOfOrderness: '5m',
      idleTimeout: '10m',
    })
    const hourly = window('w', { over: tumbling('1h'), aggregate: count() })
    const driven = drive(pipeline('p', source, keyBy(), hourly, all())).send(0)
    expect(await emitted(driven.advance('74m'))).toEqual([])
    expect(await emitted(driven.advance('1m'))).toHaveLength(1)
  })

  test('goes over years in which nothing waits', async () => {
    expect(await emitted(run(counted()).send(reading(0)).advance('36500d'))).toHaveLength(1)
  })

  test('comes to each stream by itself', async () => {
    const merged = merge(
      pipe(readings(), keyBy(), window('v', { over: tumbling('1h'), aggregate: count() })),
      pipe(readingsOf('others'), keyBy(), window('w', { over: tumbling('1h'), aggregate: count() })),
    )
    const driven = run(pipeline('p', merged, all()))
      .sendTo('others', reading(0))
      .advance('2h')
    expect(await emitted(driven)).toMatchObject([{ start: 0, value: 1 }])
  })
})
