import type { Context } from 'aws-lambda'
import { expect, test } from 'vitest'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { eventBuilder } from '../../../lib/local/kinesis-event.ts'
import { lambda } from '../../../lib/runtime/handler.ts'
import { all, readings } from '../../support/readings.ts'
import { type Put, put, World } from '../../support/state-world.ts'

const code = pipeline('p', readings(), all())

const raw = (data: string, partitionKey = 'a'): Put => ({ partitionKey, data, arrival: 1_000 })

test('a record that cannot be decoded is a dead letter with all that came, and no failed batch', async () => {
  const world = new World(code)
  const answer = await world.deliver(world.sandbox(), [put(1), raw('nonsense', 'é'), put(2)])
  expect(answer).toEqual({ kind: 'done', failedAt: undefined })
  expect(world.items('out')).toHaveLength(2)
  expect(world.letters()).toMatchObject([
    {
      pipeline: 'p',
      operator: 'source',
      stream: 'readings',
      shardId: 'shardId-000000000000',
      partitionKey: 'é',
      arrival: 1_000,
      data: Buffer.from('nonsense').toString('base64'),
      error: { name: 'Error', message: 'expected: key at n' },
      codeVersion: '1',
    },
  ])
  expect(world.reports).toMatchObject([{ deadLetters: 1, counters: { source: { passed: 2, failed: 1 } } }])
})

test('an event time far ahead of the arrival, or none at all, is a dead letter', async () => {
  const world = new World(code)
  await world.deliver(world.sandbox(), [
    raw('a 3601000 1'),
    raw('a 3601001 1'),
    raw('a x 1'),
    raw('a Infinity 1'),
  ])
  expect(world.letters().map(({ error }) => error.message)).toEqual([
    expect.stringContaining('is 3600001 ms ahead of the record'),
    'eventTime answered NaN: expected epoch milliseconds or a valid Date',
    'eventTime answered Infinity: expected epoch milliseconds or a valid Date',
  ])
})

const record = { index: 0, partitionKey: 'a', arrival: 1, body: Buffer.from('a 1 1'), start: 0, end: 5 }
const event = (stream: string) => eventBuilder(stream, 'shardId-000000000000', 0).event([record])

test('records of another stream are refused, with what to do', async () => {
  const world = new World(code)
  await expect(world.sandbox().handler(event('other'), {} as Context)).rejects.toThrow(
    `pipeline 'p' got records of stream 'other' and reads 'readings': connect the function to what the pipeline reads`,
  )
})

test.each([{ Records: [] }, { Records: [{ eventSource: 'aws:sqs' }] }])(
  '%j is no batch of Kinesis records',
  async (given) => {
    const world = new World(code)
    const { handler } = world.sandbox()
    await expect(handler(given as unknown as Parameters<typeof handler>[0], {} as Context)).rejects.toThrow(
      'the event is not a batch of Kinesis records',
    )
  },
)

test('a handler that is not connected says what to call', async () => {
  await expect(lambda(code)(event('readings'), {} as Context)).rejects.toThrow(
    `the handler of pipeline 'p' is not connected to a state store and sinks: call handler.connect(environment) first, or run it by 'millrace start' or drive(handler.pipeline)`,
  )
})
