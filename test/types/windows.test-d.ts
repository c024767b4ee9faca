import {
  aggregate,
  count,
  counting,
  every,
  global,
  json,
  keyBy,
  max,
  pipeline,
  session,
  sliding,
  tumbling,
  type Windowed,
  window,
} from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const Flight = z.object({ origin: z.string(), delay: z.number() })
type Flight = z.infer<typeof Flight>
const flights = kinesis.source({ stream: 'flights', codec: json(Flight) })

/** Without `merge`. */
const longest = {
  create: () => '',
  add: (a: string, { origin }: Flight) => (origin.length > a.length ? origin : a),
  result: (origin: string) => origin,
}

describe('Does not compile:', () => {
  test('an aggregate without merge over windows that unite accumulators', () => {
    window('w', { over: tumbling('1m'), aggregate: longest })
    // @ts-expect-error
    window('w', { over: sliding('1m', '10s'), aggregate: longest })
    // @ts-expect-error
    window('w', { over: session('1m'), aggregate: longest })
    // @ts-expect-error
    window('w', { over: sliding('1m', '10s'), aggregate: aggregate({ n: count(), longest }) })
  })

  test('a global window without a trigger', () => {
    window('w', { over: global(), aggregate: count(), emit: 'onUpdate' })
    // @ts-expect-error
    window('w', { over: global(), aggregate: count() })
    // @ts-expect-error
    window('w', { over: global(), aggregate: count(), emit: 'onClose' })
  })

  test('early panes of windows that have none', () => {
    window('w', { over: tumbling('1m'), aggregate: count(), emit: every('10s'), panes: 'retracting' })
    // @ts-expect-error
    window('w', { over: counting(3), aggregate: count(), emit: 'onUpdate' })
    window('w', { over: session('1m'), aggregate: count(), emit: every('10s'), panes: 'retracting' })
    // @ts-expect-error
    window('w', { over: session('1m'), aggregate: longest, emit: 'onUpdate' })
    window('w', { over: sliding('1m', '10s'), aggregate: count(), emit: 'onUpdate', panes: 'retracting' })
    // @ts-expect-error
    window('w', { over: sliding('1m', '10s'), aggregate: count(), panes: 'discarding' })
  })

  test('a trigger that is none', () => {
    // @ts-expect-error
    every('5 min')
    // @ts-expect-error
    window('w', { over: tumbling('1m'), aggregate: count(), emit: '10s' })
    // @ts-expect-error
    window('w', { over: tumbling('1m'), aggregate: count(), panes: 'retractions' })
  })

  test('hours of a time zone', () => {
    tumbling('7d', { timeZone: 'Europe/Berlin', offset: '4d' })
    tumbling('1h', { offset: '15m' })
    // @ts-expect-error
    tumbling('1h', { timeZone: 'Europe/Berlin' })
  })

  test('a duration that is none, or a missing one', () => {
    // @ts-expect-error
    sliding('5m', '1 min')
    // @ts-expect-error
    sliding('5m')
    // @ts-expect-error
    session('5 min')
  })
})

test('a sliding window knows its elements, and its result', () => {
  pipeline(
    'p',
    flights,
    keyBy(),
    window('sliding', {
      over: sliding('1h', '5m'),
      aggregate: aggregate({
        flights: count(),
        worst: max((flight) => {
          expectTypeOf(flight).toEqualTypeOf<Flight>()
          return flight.delay
        }),
      }),
    }),
    dynamodb.sink({
      table: 'out',
      key: ['airport', 'hour'],
      item: (pane) => {
        expectTypeOf(pane).toEqualTypeOf<Windowed<string, { flights: number; worst: number }>>()
        return { airport: pane.key, hour: pane.start }
      },
    }),
  )
})
