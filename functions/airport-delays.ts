import { aggregate, count, json, keyBy, lambda, max, mean, pipeline, tumbling, window } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import * as z from 'zod'

const Flight = z.object({ origin: z.string(), scheduled: z.iso.datetime(), delay: z.number() })

export const handler = lambda(
  pipeline(
    'airport-delays',
    kinesis.source({
      stream: 'flights',
      codec: json(Flight),
      eventTime: (flight) => Date.parse(flight.scheduled),
      maxOutOfOrderness: '1h',
      batch: { size: 5000, interval: '1s' },
    }),
    keyBy(),
    window('hourly', {
      over: tumbling('1h'),
      aggregate: aggregate({
        flights: count(),
        meanDelay: mean((flight) => flight.delay),
        worst: max((flight) => flight.delay),
        over15: mean((flight) => (flight.delay > 15 ? 1 : 0)),
      }),
      allowedLateness: '3h',
      late: dynamodb.sink({
        table: 'late-flights',
        mode: 'append',
        key: ['airport', 'id'],
        item: ({ key, value, watermark }) => ({ airport: key, ...value, watermark }),
      }),
    }),
    dynamodb.sink({
      table: 'airport-delays',
      key: ['airport', 'hour'],
      keyTypes: { hour: 'N' },
      item: (pane) => ({ airport: pane.key, hour: pane.start, ...pane.value }),
    }),
  ),
)
