import { aggregate, count, json, keyBy, lambda, pipeline, tumbling, window } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import * as z from 'zod'

const Passenger = z.object({ gate: z.string(), at: z.number() })

/** What the second deployment adds: passengers by gate and minute, in two stages. */
export const handler = lambda(
  pipeline(
    'gates',
    kinesis.source({
      stream: 'gates',
      codec: json(Passenger),
      eventTime: ({ at }) => at,
      idleTimeout: '5s',
    }),
    keyBy(({ gate }) => gate),
    window('minutes', { over: tumbling('1m'), aggregate: aggregate({ passengers: count() }) }),
    dynamodb.sink({
      table: 'gate-minutes',
      key: ['gate', 'minute'],
      keyTypes: { minute: 'N' },
      item: (pane) => ({ gate: pane.key, minute: pane.start, ...pane.value }),
    }),
  ),
)
