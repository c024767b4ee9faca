import { expect, test } from 'vitest'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { keyBy } from '../../../lib/operators/key-by.ts'
import { map } from '../../../lib/operators/map.ts'
import { window } from '../../../lib/operators/window.ts'
import { count } from '../../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../../lib/windows/tumbling.ts'
import { TumblingReceiver } from '../../../lib/windows/tumbling-receiver.ts'
import { all, type Reading, readings } from '../../support/readings.ts'
import { put, World } from '../../support/state-world.ts'

/** A pipeline that tells when it works on an element, and waits there for the test. */
function slow() {
  const events: string[] = []
  const gates: PromiseWithResolvers<void>[] = []
  const code = pipeline(
    'p',
    readings(),
    map(async (r: Reading) => {
      const gate = Promise.withResolvers<void>()
      gates.push(gate)
      events.push(`begin ${r.n}`)
      await gate.promise
      events.push(`end ${r.n}`)
      return r
    }),
    keyBy(),
    window('w', { over: tumbling('10ms'), aggregate: count() }),
    all(),
  )
  const open = async (): Promise<void> => {
    while (gates.length === 0) await new Promise(setImmediate)
    gates.shift()?.resolve()
  }
  return { code, events, open }
}

const records = [put(1, 1), put(2, 2), put(21, 3)]

test('invocations of one task in one process are one after the other', async () => {
  const { code, events, open } = slow()
  const world = new World(code)
  const sandbox = world.sandbox()
  const answers = [
    world.deliver(sandbox, records, [0, 1]),
    world.deliver(sandbox, records, [1, 2]),
    world.deliver(sandbox, records, [2, 3]),
  ]
  for (let n = 0; n < 3; n++) await open()
  expect(await Promise.all(answers)).toEqual(Array(3).fill({ kind: 'done', failedAt: undefined }))
  expect(events).toEqual(['begin 1', 'end 1', 'begin 2', 'end 2', 'begin 3', 'end 3'])
  expect(world.reports.map(({ commitConflicts }) => commitConflicts)).toEqual([0, 0, 0])
  expect(world.items('out')).toMatchObject([{ value: { value: 2 } }])
})

test('one that fails lets the next one in, which loads anew', async () => {
  const { code, open } = slow()
  const world = new World(code)
  const sandbox = world.sandbox()
  const append = world.store.append.bind(world.store)
  world.store.append = async () => {
    world.store.append = append
    throw new Error('broken')
  }
  const answers = [world.deliver(sandbox, records, [0, 2]), world.deliver(sandbox, records, [0, 2])]
  for (let n = 0; n < 4; n++) await open()
  expect(await Promise.all(answers)).toMatchObject([{ kind: 'failed' }, { kind: 'done' }])
  expect(world.reports.at(-1)?.totals?.source).toMatchObject({ passed: 2 })
})

test('one that fails in the operators leaves no memory of what it had done', async () => {
  let broken = true
  const ten = tumbling('10ms')
  const code = pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', {
      over: {
        ...ten,
        build: (plan) => (context) =>
          new TumblingReceiver(context, plan, {
            ...ten,
            endOf: (start) => {
              // Not user code of an element: an assigner that is broken fails the batch.
              if (broken && start === 20) throw new Error('no end')
              return start + 10
            },
          }),
      },
      aggregate: count(),
    }),
    all(),
  )
  const world = new World(code)
  const sandbox = world.sandbox()
  expect(await world.deliver(sandbox, records)).toMatchObject({
    kind: 'failed',
    error: { message: 'no end' },
  })
  broken = false
  expect(await world.deliver(sandbox, records)).toEqual({ kind: 'done', failedAt: undefined })
  expect(world.items('out')).toMatchObject([{ value: { value: 2 } }])
})
