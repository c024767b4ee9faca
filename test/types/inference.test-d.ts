import {
  aggregate,
  branch,
  count,
  countDistinct,
  filter,
  flatMap,
  json,
  keyBy,
  type Late,
  last,
  map,
  max,
  mean,
  merge,
  type Pipeline,
  pipe,
  pipeline,
  quantiles,
  type Ranked,
  type Reduced,
  reduce,
  type Stream,
  split,
  topK,
  topN,
  tumbling,
  type Windowed,
  where,
  window,
} from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import { describe, expectTypeOf, test } from 'vitest'
import * as z from 'zod'

const Flight = z.object({ origin: z.string(), scheduled: z.iso.datetime(), delay: z.number() })
type Flight = z.infer<typeof Flight>
type Hour = Windowed<string, { flights: number; meanDelay: number; worst: number }>

const flights = kinesis.source({
  stream: 'flights',
  codec: json(Flight),
  eventTime: (flight) => {
    expectTypeOf(flight).toEqualTypeOf<Flight>()
    return Date.parse(flight.scheduled)
  },
})

describe('Without annotations', () => {
  test('the whole of airport-delays knows its types', () => {
    const made = pipeline(
      'airport-delays',
      flights,
      keyBy(),
      window('hourly', {
        over: tumbling('1h'),
        aggregate: aggregate({
          flights: count(),
          meanDelay: mean((flight) => {
            expectTypeOf(flight).toEqualTypeOf<Flight>()
            return flight.delay
          }),
          worst: max((flight) => flight.delay),
        }),
        allowedLateness: '3h',
        late: dynamodb.sink({
          table: 'late-flights',
          mode: 'append',
          key: ['airport', 'id'],
          item: (late) => {
            expectTypeOf(late).toEqualTypeOf<Late<Flight>>()
            return { airport: late.key, ...late.value }
          },
        }),
      }),
      dynamodb.sink({
        table: 'airport-delays',
        key: ['airport', 'hour'],
        item: (pane) => {
          expectTypeOf(pane).toEqualTypeOf<Hour>()
          return { airport: pane.key, hour: pane.start, ...pane.value }
        },
      }),
    )
    expectTypeOf(made).toEqualTypeOf<Pipeline>()
  })

  test('each operator knows what the one before it makes', () => {
    pipeline(
      'p',
      flights,
      filter((flight) => flight.delay > 15),
      map(async ({ origin, delay }) => ({ origin, hours: delay / 60 })),
      flatMap((long) => {
        expectTypeOf(long).toEqualTypeOf<{ origin: string; hours: number }>()
        return [long.origin, long.hours]
      }),
      dynamodb.sink({
        table: 'out',
        mode: 'append',
        key: ['id'],
        item: (value) => {
          expectTypeOf(value).toEqualTypeOf<string | number>()
          return { value }
        },
      }),
    )
  })

  test('a filter by type narrows the stream, also without a type predicate written out', () => {
    const Event = z.discriminatedUnion('type', [
      z.object({ type: z.literal('bid'), price: z.number() }),
      z.object({ type: z.literal('person'), name: z.string() }),
    ])
    pipeline(
      'p',
      kinesis.source({ stream: 'events', codec: json(Event) }),
      filter((event) => event.type === 'bid'),
      map((bid) => {
        expectTypeOf(bid).toEqualTypeOf<{ type: 'bid'; price: number }>()
        return { id: bid.type }
      }),
      dynamodb.sink({ table: 'bids', key: ['id'], item: (bid) => bid }),
    )
  })

  test('branches and what is piped in them know the stream', () => {
    pipeline(
      'p',
      flights,
      map(({ origin, delay }) => ({ origin, delay })),
      branch(
        pipe(
          filter((flight) => flight.delay > 15),
          map((flight) => {
            expectTypeOf(flight).toEqualTypeOf<{ origin: string; delay: number }>()
            return { airport: flight.origin }
          }),
          dynamodb.sink({ table: 'long', key: ['airport'], item: (long) => ({ airport: long.airport }) }),
        ),
        pipe(
          keyBy(),
          window('hourly', { over: tumbling('1h'), aggregate: max((flight) => flight.delay) }),
          dynamodb.sink({
            table: 'worst',
            key: ['airport'],
            item: (pane) => {
              expectTypeOf(pane).toEqualTypeOf<Windowed<string, number>>()
              return { airport: pane.key }
            },
          }),
        ),
      ),
    )
  })

  test('running aggregates and rankings know the element and the key', () => {
    pipeline(
      'p',
      flights,
      keyBy(({ delay }) => (delay > 15 ? 'late' : 'on time')),
      reduce('latest', { aggregate: last((flight) => flight.scheduled), ttl: '1d' }),
      map((reduced) => {
        expectTypeOf(reduced).toEqualTypeOf<Reduced<'late' | 'on time', string>>()
        return reduced.value
      }),
      keyBy(),
      topN('longest', {
        n: 3,
        by: (scheduled) => scheduled.length,
        id: (scheduled) => scheduled,
        ttl: 'forever',
      }),
      dynamodb.sink({
        table: 'out',
        key: ['key', 'rank'],
        item: (ranked) => {
          expectTypeOf(ranked).toEqualTypeOf<Ranked<string, string>>()
          return { ...ranked }
        },
      }),
    )
  })

  test('the outputs of a split know the stream', () => {
    pipeline(
      'p',
      flights,
      split((flight) => (flight.delay > 15 ? 'late' : 'on time'), {
        late: pipe(
          map((flight) => {
            expectTypeOf(flight).toEqualTypeOf<Flight>()
            return { airport: flight.origin }
          }),
          dynamodb.sink({ table: 'late', key: ['airport'], item: (late) => ({ airport: late.airport }) }),
        ),
        'on time': dynamodb.sink({
          table: 'on-time',
          key: ['airport'],
          item: (flight) => {
            expectTypeOf(flight).toEqualTypeOf<Flight>()
            return { airport: flight.origin }
          },
        }),
      }),
    )
  })

  test('a late output that is piped knows the late value', () => {
    window<Flight, number, number, string>('hourly', {
      over: tumbling('1h'),
      aggregate: count(),
      late: pipe(
        map((late) => {
          expectTypeOf(late).toEqualTypeOf<Late<Flight>>()
          return { airport: late.key }
        }),
        dynamodb.sink({ table: 'late', key: ['airport'], item: (late) => late }),
      ),
    })
  })

  test('keyBy(f) knows the element, and what stands behind it the keys', () => {
    pipeline(
      'p',
      flights,
      keyBy((flight) => {
        expectTypeOf(flight).toEqualTypeOf<Flight>()
        return flight.delay > 15 ? 'late' : 'on time'
      }),
      window('hourly', { over: tumbling('1h'), aggregate: max((flight) => flight.delay) }),
      map((pane) => {
        expectTypeOf(pane).toEqualTypeOf<Windowed<'late' | 'on time', number>>()
        return pane.key
      }),
      dynamodb.sink({ table: 'out', key: ['id'], item: (id) => ({ id }) }),
    )
  })

  test('an aggregate of several knows the element in each of its parts, however deep', () => {
    pipeline(
      'p',
      flights,
      keyBy(),
      window('hourly', {
        over: tumbling('1h'),
        aggregate: aggregate({
          long: where((flight) => flight.delay > 15, count()),
          worstLong: where(
            (flight) => flight.delay > 15,
            max((flight) => flight.delay),
            null,
          ),
          airports: countDistinct((flight) => flight.origin),
          latest: last((flight) => flight.scheduled),
          three: topK(3, (flight) => flight.delay),
          delays: quantiles((flight) => flight.delay, { median: 0.5 }),
        }),
      }),
      dynamodb.sink({
        table: 'out',
        key: ['key'],
        item: ({ key, value }) => {
          expectTypeOf(value).toEqualTypeOf<{
            long: number
            worstLong: number | null
            airports: number
            latest: string
            three: Flight[]
            delays: Record<'median', number>
          }>()
          return { key }
        },
      }),
    )
  })

  test('a stream in pipe hands its type on', () => {
    const delays = pipe(
      flights,
      filter((flight) => flight.delay > 0),
      map((flight) => flight.delay),
    )
    expectTypeOf(delays).toEqualTypeOf<Stream<number>>()
  })

  test('operators in pipe are an operator', () => {
    const delays = pipe(
      map((flight: Flight) => flight.delay),
      map((delay) => delay > 0),
    )
    expectTypeOf(delays).toEqualTypeOf<(stream: Stream<Flight>) => Stream<boolean>>()
  })

  test('a merge has the elements of all its streams', () => {
    const delays = pipe(
      kinesis.source({ stream: 'trains', codec: json(z.object({ minutes: z.number() })) }),
      map((train) => train.minutes),
    )
    expectTypeOf(merge(flights, delays)).toEqualTypeOf<Stream<Flight | number>>()
    pipeline(
      'p',
      merge(
        pipe(
          flights,
          map((flight) => flight.delay),
        ),
        delays,
      ),
      filter((delay) => {
        expectTypeOf(delay).toEqualTypeOf<number>()
        return delay > 15
      }),
      dynamodb.sink({ table: 'out', mode: 'append', key: ['id'], item: (delay) => ({ delay }) }),
    )
  })

  test('a transform of the schema is what the stream has', () => {
    const source = kinesis.source({ stream: 's', codec: json(z.object({ n: z.coerce.number() })) })
    expectTypeOf(source).toEqualTypeOf<Stream<{ n: number }>>()
  })
})

describe('An aggregate of several', () => {
  const newest = {
    create: () => '',
    add: (_: string, value: Flight) => value.origin,
    result: (at: string) => at,
  }

  test('results in an object of their results', () => {
    const both = aggregate({ n: count(), last: newest })
    expectTypeOf(both.result).returns.toEqualTypeOf<{ n: number; last: string }>()
  })

  test('has merge if all have it', () => {
    expectTypeOf(aggregate({ n: count(), worst: max((flight: Flight) => flight.delay) })).toHaveProperty(
      'merge',
    )
    expectTypeOf(aggregate({ n: count(), last: newest })).not.toHaveProperty('merge')
  })
})
