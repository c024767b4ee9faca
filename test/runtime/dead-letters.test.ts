import { expect, test } from 'vitest'
import { pipeline } from '../../lib/core/pipeline.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { map } from '../../lib/operators/map.ts'
import { window } from '../../lib/operators/window.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, type Reading, readings } from '../support/readings.ts'
import { put, World } from '../support/state-world.ts'

const throwing = (thrown: unknown) =>
  pipeline(
    'p',
    readings(),
    map((r: Reading) => {
      if (r.n === 13) throw thrown
      return r
    }),
    keyBy(),
    window('w', { over: tumbling('10ms'), aggregate: count() }),
    all(),
  )

test.each([
  ['an error', new TypeError('x is not y'), { name: 'TypeError', message: 'x is not y' }],
  ['a string', 'oops', { name: 'string', message: 'oops' }],
  ['undefined', undefined, { name: 'undefined', message: 'undefined' }],
  ['null', null, { name: 'object', message: 'null' }],
  ['an object', { code: 1 }, { name: 'object', message: '[object Object]' }],
])('%s that user code throws is told, and the batch goes on', async (_, thrown, error) => {
  const world = new World(throwing(thrown))
  expect(await world.deliver(world.sandbox(), [put(1), put(2, 13), put(3)])).toMatchObject({ kind: 'done' })
  expect(world.letters()).toMatchObject([
    { operator: 'map', error, key: 'a', partitionKey: 'a', data: Buffer.from('a 2 13').toString('base64') },
  ])
  expect(world.totals()).toMatchObject({ map: { passed: 2, failed: 1 }, w: { onTime: 2 } })
})

test('the letter of a window names it, and the record in hand when it closed', async () => {
  const world = new World(
    pipeline(
      'p',
      readings(),
      keyBy(),
      window('w', {
        over: tumbling('10ms'),
        aggregate: {
          ...count(),
          result: () => {
            throw new Error('no result')
          },
        },
      }),
      all(),
    ),
  )
  const sandbox = world.sandbox()
  await world.deliver(sandbox, [put(1, 1, 'b'), put(12)])
  await world.end(sandbox)
  expect(world.letters()).toMatchObject([
    {
      operator: 'w',
      window: [0, 10],
      key: 'b',
      partitionKey: 'a',
      data: Buffer.from('a 12 1').toString('base64'),
    },
    // In a tick there is no record.
    { operator: 'w', window: [10, 20], key: 'a', partitionKey: '', data: '', stream: 'readings' },
  ])
})

test('a letter holds the element that the operator was given, as JSON has it', async () => {
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const elements = [
    { n: 2n ** 70n, bytes: Uint8Array.of(1, 2), set: new Set(['x']) },
    'text',
    cyclic,
    () => 1,
  ]
  const world = new World(
    pipeline(
      'p',
      readings(),
      map(({ n }: Reading) => elements[n]),
      map(() => {
        throw new Error('no')
      }),
      all(),
    ),
  )
  await world.deliver(world.sandbox(), [
    ...elements.map((_, n) => put(n + 1, n)),
    { ...put(9), data: 'nonsense' },
  ])
  expect(world.letters().map(({ operator, element }) => [operator, element])).toEqual([
    ['map-2', { n: '1180591620717411303424', bytes: 'AQI=', set: ['x'] }],
    ['map-2', 'text'],
    ['map-2', '[object Object]'],
    ['map-2', null],
    ['source', undefined],
  ])
})
