import { expect, it } from 'vitest'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import {
  type Aggregate,
  aggregate,
  count,
  keyBy,
  max,
  pipe,
  pipeline,
  tumbling,
  window,
} from '../../lib/index.ts'
import { planOf } from '../../lib/runtime/plan.ts'

const codec = { name: 'text', decode: (bytes: Uint8Array) => bytes.length }

function signatureOf<Accumulator, Result>(over: Aggregate<number, Accumulator, Result>): string | undefined {
  const windows = pipe(keyBy<number>(), window('w', { over: tumbling('1h'), aggregate: over }))
  const sink = dynamodb.sink({ table: 'out', key: ['key'], item: ({ key }: { key: string }) => ({ key }) })
  return planOf(pipeline('p', kinesis.source({ stream: 's', codec }), windows, sink)).signatures.w
}

it('what is stored tells the windows and every aggregate over them, so that a changed one is noticed', () => {
  expect(signatureOf(count())).toBe('tumbling 3600000 ms: count')
  expect(signatureOf(aggregate({ n: count(), worst: max((n: number) => n) }))).toBe(
    'tumbling 3600000 ms: { n: count, worst: max }',
  )
  const own = { create: () => 0, add: (n: number) => n, result: (n: number) => n }
  expect(signatureOf(own)).toBe('tumbling 3600000 ms: user-defined')
  expect(signatureOf({ ...own, signature: 'median v2' })).toBe('tumbling 3600000 ms: median v2')
})
