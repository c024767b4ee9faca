import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { pipe } from '../../lib/core/pipe.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { branch } from '../../lib/operators/branch.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'

/** One stream into all three modes of the DynamoDB sink. */
export const code = pipeline(
  'killed',
  readings('5ms'),
  branch(
    pipe(
      keyBy(),
      window('w', { over: tumbling('20ms'), aggregate: sum(({ n }: Reading) => n), allowedLateness: '1h' }),
      dynamodb.sink({
        table: 'sums',
        key: ['key', 'start'],
        item: ({ key, start, value }) => ({ key, start, value }),
      }),
    ),
    dynamodb.sink({
      table: 'totals',
      mode: 'increment',
      key: ['key'],
      item: ({ key, n }: Reading) => ({ key, n }),
    }),
    all('each'),
  ),
)
