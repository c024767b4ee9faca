import {
  approximateCountDistinct,
  collect,
  count,
  countDistinct,
  dedupe,
  effect,
  filter,
  first,
  json,
  keyBy,
  type Late,
  map,
  max,
  merge,
  pipe,
  pipeline,
  reduce,
  type Sink,
  split,
  sum,
  topN,
  tumbling,
  where,
  window,
} from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import { describe, test } from 'vitest'
import * as z from 'zod'

const clicks = kinesis.source({ stream: 'clicks', codec: json(z.object({ id: z.string(), ms: z.number() })) })
const zips = dynamodb.sink({ table: 'zips', key: ['zip'], item: (value: { zip: string }) => value })
const any: Sink<unknown> = dynamodb.sink({ table: 'any', mode: 'append', key: ['id'], item: () => ({}) })

describe('Does not compile:', () => {
  test('a pipeline without a sink', () => {
    // @ts-expect-error
    pipeline('p', clicks)
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      filter(() => true),
    )
    // @ts-expect-error
    pipeline('p', clicks, keyBy())
  })

  test('something behind a sink', () => {
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      any,
      filter(() => true),
    )
  })

  test('a window without keyBy', () => {
    // @ts-expect-error
    pipeline('p', clicks, window('w', { over: tumbling('1m'), aggregate: count() }), any)
    // @ts-expect-error
    pipe(clicks, window('w', { over: tumbling('1m'), aggregate: count() }))
  })

  test('a running aggregate or a ranking without a time to live, or without keyBy', () => {
    const click = { by: ({ ms }: { ms: number }) => ms, n: 3 }
    // @ts-expect-error
    reduce('r', { aggregate: count() })
    // @ts-expect-error
    topN('t', click)
    // @ts-expect-error
    reduce('r', { aggregate: count(), ttl: 'for ever' })
    // @ts-expect-error
    pipe(clicks, reduce('r', { aggregate: count(), ttl: '1d' }))
    // @ts-expect-error
    pipe(clicks, topN('t', { ...click, ttl: 'forever' }))
  })

  test('a split with an output too few', () => {
    const route = ({ ms }: { ms: number }) => (ms > 9 ? 'long' : 'short')
    // @ts-expect-error
    split(route, { long: any })
    split(route, { long: any, short: any })
  })

  test('keyBy without anything keyed behind it', () => {
    // @ts-expect-error
    pipeline('p', clicks, keyBy(), any)
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      keyBy(),
      map((click) => click),
      any,
    )
  })

  test('a key that is no string', () => {
    pipe(
      clicks,
      // @ts-expect-error
      keyBy((click) => click.ms),
    )
    pipe(
      clicks,
      // @ts-expect-error
      keyBy((click: { id?: string }) => click.id),
    )
  })

  test('a source of another number of shards than one, which nobody could hold to', () => {
    // @ts-expect-error
    kinesis.source({ stream: 's', codec: json(z.string()), shards: 2 })
  })

  test('a field that the element does not have', () => {
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      map((click) => click.nope),
      any,
    )
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      filter((click) => click.nope),
      any,
    )
    // @ts-expect-error
    kinesis.source({ stream: 's', codec: json(z.object({ id: z.string() })), eventTime: (click) => click.at })
  })

  test('a field that the element does not have, in an aggregate', () => {
    pipeline(
      'p',
      clicks,
      keyBy(),
      // @ts-expect-error
      window('w', { over: tumbling('1m'), aggregate: sum((click) => click.nope) }),
      any,
    )
    pipeline(
      'p',
      clicks,
      keyBy(),
      // @ts-expect-error
      window('w', { over: tumbling('1m'), aggregate: sum((click) => click.id) }),
      any,
    )
  })

  test('the largest, the first or the mean of some that may be none, without an answer for that', () => {
    const some = () => true
    const largest = max((click: { ms: number }) => click.ms)
    // @ts-expect-error
    where(some, largest)
    where(some, largest, null)
    // @ts-expect-error
    where(some, first(some))
    where(some, count())
  })

  test('a list without a limit', () => {
    // @ts-expect-error
    collect((click: { id: string }) => click.id)
  })

  test('a distinct count of objects', () => {
    // @ts-expect-error
    countDistinct((click: { at: Date }) => click.at)
    // @ts-expect-error
    approximateCountDistinct((click: { at: Date }) => click.at)
  })

  test('a sink for something else', () => {
    // @ts-expect-error
    pipeline('p', clicks, zips)
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      map((click) => click.id),
      zips,
    )
  })

  test('a filter that answers with a promise, which would keep everything', () => {
    pipeline(
      'p',
      clicks,
      // @ts-expect-error
      filter(async (click) => click.ms > 0),
      any,
    )
  })

  test('a duration that is none', () => {
    // @ts-expect-error
    tumbling('5 min')
    // @ts-expect-error
    tumbling(300_000)
    // @ts-expect-error
    kinesis.source({ stream: 's', codec: json(z.string()), maxOutOfOrderness: '1hour' })
    // @ts-expect-error
    window('w', { over: tumbling('1m'), aggregate: count(), allowedLateness: '5 min' })
  })

  test('a late sink for other elements', () => {
    const late = (sink: Sink<Late<{ id: number }>>) => sink
    pipeline(
      'p',
      clicks,
      keyBy(),
      // @ts-expect-error
      window('w', { over: tumbling('1m'), aggregate: count(), late: late(any) }),
      any,
    )
    pipeline(
      'p',
      clicks,
      keyBy(),
      // @ts-expect-error
      window('w', { over: tumbling('1m'), aggregate: count(), late: zips }),
      any,
    )
    // @ts-expect-error
    window('w', { over: tumbling('1m'), aggregate: count(), late: 'dead-letter' })
  })

  test('a key attribute that the item does not have', () => {
    // @ts-expect-error
    dynamodb.sink({ table: 'out', key: ['nope'], item: (click: { id: string }) => ({ id: click.id }) })
    // @ts-expect-error
    dynamodb.sink({ table: 'out', key: ['id', 'nope'], item: (click: { id: string }) => ({ id: click.id }) })
    // @ts-expect-error
    dynamodb.sink({ table: 'out', mode: 'append', key: ['nope', 'id'], item: () => ({ zip: '1' }) })
  })

  test('a key of no or of three attributes', () => {
    // @ts-expect-error
    dynamodb.sink({ table: 'out', key: [], item: () => ({ a: 1, b: 2, c: 3 }) })
    // @ts-expect-error
    dynamodb.sink({ table: 'out', key: ['a', 'b', 'c'], item: () => ({ a: 1, b: 2, c: 3 }) })
  })

  test('a merge of one stream, or of what is no stream', () => {
    // @ts-expect-error
    merge(clicks)
    // @ts-expect-error
    merge(clicks, keyBy()(clicks))
  })

  test('an option that does not exist', () => {
    // @ts-expect-error
    kinesis.source({ stream: 's', codec: json(z.string()), maxOutOfOrder: '1h' })
    // @ts-expect-error
    window('w', { over: tumbling('1m'), aggregate: count(), lateness: '1m' })
    // @ts-expect-error
    map((x) => x, { parallel: 3 })
  })

  test('an effect that does not say what to do about an unknown outcome, or for how long it remembers', () => {
    const key = (click: { id: string }) => click.id
    const mail = () => {}
    // @ts-expect-error
    pipe(clicks, effect('mail', mail, { key, within: '1d' }))
    // @ts-expect-error
    pipe(clicks, effect('mail', mail, { key, within: '1d', onUnknown: 'ignore' }))
    // @ts-expect-error
    pipe(clicks, effect('mail', mail, { key, onUnknown: 'retry' }))
    // @ts-expect-error
    pipe(clicks, effect('mail', mail, { within: '1d', onUnknown: 'retry' }))
  })

  test('a key or an id that is no string', () => {
    const mail = () => {}
    // @ts-expect-error
    pipe(clicks, effect('mail', mail, { key: ({ ms }) => ms, within: '1d', onUnknown: 'retry' }))
    // @ts-expect-error
    pipe(clicks, dedupe('once', { by: ({ ms }) => ms, within: '1d' }))
  })
})
