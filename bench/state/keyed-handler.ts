import * as z from 'zod'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import { aggregate, count, json, keyBy, lambda, mean, pipeline, tumbling, window } from '../../lib/index.ts'

const Reading = z.object({ sensor: z.string(), at: z.number(), value: z.number() })

/** Count and mean of each key and hour. */
export const keyed = () =>
  lambda(
    pipeline(
      'keyed',
      kinesis.source({ stream: 'keys', codec: json(Reading), eventTime: (reading) => reading.at }),
      keyBy(),
      window('hourly', {
        over: tumbling('1h'),
        aggregate: aggregate({ n: count(), mean: mean((reading) => reading.value) }),
      }),
      dynamodb.sink({ table: 'keyed', key: ['key'], item: ({ key, value }) => ({ key, ...value }) }),
    ),
  )
