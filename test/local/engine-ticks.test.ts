import { expect, onTestFinished, test, vi } from 'vitest'
import { RetryableError } from '../../lib/core/errors.ts'
import {
  type EngineSettings,
  LocalEngine,
  LocalStreams,
  localEnvironment,
  localItems,
  openDatabase,
  sourceSandboxes,
} from '../../lib/local/index.ts'
import { lambda } from '../../lib/runtime/handler.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { counted, MINUTE } from '../support/tick-world.ts'

function start(tickInterval?: number, wrap = (made: EngineSettings['sandbox']) => made) {
  const clock = new VirtualClock()
  const database = openDatabase(':memory:')
  const streams = new LocalStreams(database, clock)
  streams.create('readings', { shards: 2 })
  const functions = [{ file: '', handler: lambda(counted()) }]
  const sandbox = wrap(sourceSandboxes(functions, localEnvironment(database, clock)))
  const engine = new LocalEngine({
    database,
    streams,
    functions,
    sandbox,
    clock,
    ...(tickInterval && { tickInterval }),
  })
  engine.start()
  onTestFinished(async () => {
    await engine.stop()
  })
  const panes = () => Array.from(localItems(database, 'out'), (item) => JSON.parse(item).value)
  const put = (at: number) => streams.put('readings', [{ data: Buffer.from(`a ${at} 1`), partitionKey: 'a' }])
  return { clock, put, panes, engine }
}

test('windows close by ticks when no records come', async () => {
  const { clock, put, panes } = start(MINUTE)
  put(0)
  await clock.advance(MINUTE)
  expect(panes()).toEqual([])
  await clock.advance(2 * MINUTE)
  expect(panes()).toMatchObject([{ start: 0, value: 1 }])
})

test('without ticks they stay open', async () => {
  const { clock, put, panes } = start()
  put(0)
  await clock.advance(3 * MINUTE)
  expect(panes()).toEqual([])
})

test('a tick that fails is told, and the next one does what it could not', async () => {
  const warn = vi.spyOn(process, 'emitWarning').mockImplementation(() => {})
  onTestFinished(() => warn.mockRestore())
  let failures = 2
  const { clock, put, panes } = start(MINUTE, (make) => (...each) => {
    const sandbox = make(...each)
    return {
      stop: () => sandbox.stop(),
      invoke: async (event) => {
        if (!('Records' in event) && failures-- > 0) throw new RetryableError('injected')
        return sandbox.invoke(event)
      },
    }
  })
  put(0)
  await clock.advance(3 * MINUTE)
  expect(warn).toHaveBeenCalledTimes(2)
  expect(panes()).toMatchObject([{ start: 0, value: 1 }])
})

test('none comes after the engine has stopped', async () => {
  const { clock, put, panes, engine } = start(MINUTE)
  put(0)
  await clock.advance(1_000)
  await engine.stop()
  await clock.advance(3 * MINUTE)
  expect(panes()).toEqual([])
})
