import { expect, test } from 'vitest'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const order = { generation: 0, epoch: 0, sequenceNumber: '1', subSequence: 0, tick: 0, output: 0 }
const target: DynamoDBTarget = { type: 'dynamodb', table: 'out', key: ['k'], mode: 'upsert' }

test('a table is opened once, however many sinks write to it', () => {
  const environment = new MemoryEnvironment(new VirtualClock())
  expect(environment.openSink(target)).toBe(environment.openSink({ ...target }))
  expect(environment.openSink({ ...target, table: 'other' })).not.toBe(environment.openSink(target))
})

test('a dead letter that is delivered again is one letter', async () => {
  const environment = new MemoryEnvironment(new VirtualClock())
  const letter = (id: string) => ({ id, order, payload: { operator: id } })
  await environment.deadLetters.write([letter('a'), letter('b')])
  await environment.deadLetters.write([letter('a')])
  expect(environment.letters()).toEqual([{ operator: 'a' }, { operator: 'b' }])
})
