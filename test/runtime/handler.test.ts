import type { Context } from 'aws-lambda'
import { expect, test, vi } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'
import { map } from '../../lib/operators/map.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { all, readings } from '../support/readings.ts'
import { put, World } from '../support/state-world.ts'

const code = pipeline('p', readings(), all())

test('a handler tells its pipeline, before it is connected to anything', () => {
  expect(lambda(code).pipeline).toBe(code)
})

test('middlewares of the user see the event first and the response last', async () => {
  const world = new World(code)
  const sandbox = world.sandbox()
  const seen: string[] = []
  sandbox.handler.use({
    before: ({ event }: { event: { Records: unknown[] } }) =>
      void seen.push(`${event.Records.length} records`),
    after: ({ response }: { response: unknown }) => void seen.push(JSON.stringify(response)),
  })
  await world.deliver(sandbox, [put(1), put(2)])
  expect(seen).toEqual(['2 records', '{"batchItemFailures":[]}'])
  expect(world.items('out')).toHaveLength(2)
})

test('connected anew it works on the new stores and sinks only', async () => {
  const [first, second] = [
    new MemoryEnvironment(new VirtualClock()),
    new MemoryEnvironment(new VirtualClock()),
  ]
  const handler = lambda(code)
  const body = Buffer.from('a 1 1')
  const record = { index: 0, partitionKey: 'a', arrival: 1, body, start: 0, end: body.length }
  const event = eventBuilder('readings', 'shardId-000000000000', 0).event([record])
  handler.connect(first)
  await handler(event, {} as Context)
  handler.connect(second)
  await handler(event, {} as Context)
  await handler(event, {} as Context)
  expect([first.reports.length, second.reports.length]).toEqual([1, 2])
  const table = code.sinks[0]?.target
  expect(table && first.openSink(table).items()).toHaveLength(1)
  expect(table && second.openSink(table).items()).toHaveLength(1)
})

test('an invocation that does not end is left to its deadline: an error before it would keep its process', async () => {
  vi.useFakeTimers()
  try {
    const handler = lambda(
      pipeline(
        'p',
        readings(),
        map(() => new Promise<never>(() => {})),
        all(),
      ),
    )
    handler.connect(new MemoryEnvironment(new VirtualClock()))
    const body = Buffer.from('a 1 1')
    const record = { index: 0, partitionKey: 'a', arrival: 1, body, start: 0, end: body.length }
    const event = eventBuilder('readings', 'shardId-000000000000', 0).event([record])
    let ended = false
    const end = (): void => {
      ended = true
    }
    void handler(event, { getRemainingTimeInMillis: () => 1_000 } as Context).then(end, end)
    await vi.advanceTimersByTimeAsync(2_000)
    expect(ended).toBe(false)
  } finally {
    vi.useRealTimers()
  }
})
