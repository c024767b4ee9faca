import { describe, expect, test } from 'vitest'
import { sink } from '../../../lib/connectors/dynamodb/sink.ts'
import { ConfigurationError } from '../../../lib/core/errors.ts'
import { pipeline } from '../../../lib/core/pipeline.ts'
import { map } from '../../../lib/operators/map.ts'
import { failures, outcomes, type Reading, reading, readings, run } from '../../support/readings.ts'

const newest = sink({ table: 'newest', key: ['key'], item: ({ key, n }: Reading) => ({ key, n }) })
const log = sink({
  table: 'log',
  mode: 'append',
  key: ['key', 'id'],
  item: ({ key, n }: Reading) => ({ key, n }),
})

test.each(['', 'ab', 'a b', 'x'.repeat(256)])('a table cannot be named %j', (table) => {
  const made = () => sink({ table, key: ['id'], item: () => ({ id: 1 }) })(readings())
  expect(made).toThrow(ConfigurationError)
  expect(made).toThrow(
    `'${table}' cannot name a DynamoDB table: expected 3 to 255 letters, digits, '.', '_' or '-'`,
  )
})

describe('With upsert', () => {
  test('the newest output of a key wins', async () => {
    const driven = run(pipeline('p', readings(), newest))
    driven.send(reading(0, 1, 'a'), reading(1, 2, 'b'), reading(2, 3, 'a'))
    expect(await driven.output()).toEqual([
      { key: 'a', n: 3 },
      { key: 'b', n: 2 },
    ])
  })

  test('an older output that is delivered again changes nothing', async () => {
    const driven = run(pipeline('p', readings(), newest), { batchSize: 1 })
    driven.send(reading(0, 1), reading(1, 2)).redeliver(2)
    expect(await driven.output()).toEqual([{ key: 'a', n: 2 }])
  })

  test('outputs of one record keep their order', async () => {
    const twice = sink({ table: 'newest', key: ['key'], item: (n: number) => ({ key: 'a', n }) })
    const driven = run(
      pipeline(
        'p',
        readings(),
        map(({ n }) => n),
        twice,
      ),
    ).send(reading(0, 1), reading(0, 2))
    expect(await driven.output()).toEqual([{ key: 'a', n: 2 }])
  })
})

test('only an upsert is overwritten by what comes after it: other outputs all count', () => {
  const item = ({ key, n }: Reading) => ({ key, n })
  const nodes = [
    sink({ table: 'newest', key: ['key'], item }),
    sink({ table: 'log', mode: 'append', key: ['key', 'id'], item }),
    sink({ table: 'sum', mode: 'increment', key: ['key'], item }),
  ].map((made) => made(readings()).sinks[0])
  const [newest, ...others] = nodes
  expect(newest?.overwrites?.({ key: 'a', n: 1 } as never)).toBe(
    newest?.overwrites?.({ key: 'a', n: 2 } as never),
  )
  expect(newest?.overwrites?.({ key: 'b', n: 1 } as never)).not.toBe(
    newest?.overwrites?.({ key: 'a', n: 1 } as never),
  )
  expect(others.map((node) => node?.overwrites)).toEqual([undefined, undefined])
})

describe('With append', () => {
  test('every output is an item, with its id as the last key attribute', async () => {
    const driven = run(pipeline('p', readings(), log)).send(reading(0, 1), reading(1, 1))
    const items = await driven.output()
    expect(items).toMatchObject([
      { key: 'a', n: 1, id: expect.stringMatching(/^p\/readings\/shardId-000000000000:/) },
      { key: 'a', n: 1 },
    ])
    expect(new Set(items.map(({ id }) => id)).size).toBe(2)
  })

  test('what is delivered again is the same item', async () => {
    const driven = run(pipeline('p', readings(), log)).send(reading(0, 1), reading(1, 1))
    const before = await driven.output()
    expect(await driven.redeliver().restart().redeliver().output()).toEqual(before)
  })
})

describe('An item that the table cannot take', () => {
  const mean = sink({ table: 'means', key: ['key'], item: ({ key, n }: Reading) => ({ key, mean: 1 / n }) })

  test('is a dead letter, and the others are written', async () => {
    const driven = run(pipeline('p', readings(), mean))
    driven.send(reading(0, 1, 'a'), reading(1, 0, 'b'), reading(2, 2, 'c'))
    expect(await driven.output()).toEqual([
      { key: 'a', mean: 1 },
      { key: 'c', mean: 0.5 },
    ])
    expect(await failures(driven)).toEqual([
      expect.stringMatching(/^dynamodb\.sink\(means\): .* Infinity as 'mean'/),
    ])
    expect(await outcomes(driven, 'dynamodb.sink(means)')).toEqual({ in: 3, passed: 2, failed: 1 })
  })

  test('is a dead letter as well when item throws', async () => {
    const broken = sink({
      table: 'broken',
      key: ['key'],
      item: ({ n }: Reading): { key: string } => {
        throw new Error(`no item for ${n}`)
      },
    })
    const driven = run(pipeline('p', readings(), broken)).send(reading(0, 7))
    expect(await failures(driven)).toEqual(['dynamodb.sink(broken): no item for 7'])
    expect(await driven.output()).toEqual([])
  })
})

test.each([
  ['bigints', (n: number) => BigInt(n)],
  ['bytes', (n: number) => Uint8Array.of(n)],
])('keys can be %s', async (_, keyOf) => {
  const by = sink({ table: 'out', key: ['key'], item: ({ n }: Reading) => ({ key: keyOf(n), n }) })
  const driven = run(pipeline('p', readings(), by)).send(reading(0, 1), reading(1, 2), reading(2, 1))
  expect((await driven.output()).map(({ n }) => n)).toEqual([1, 2])
})
