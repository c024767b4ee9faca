import { describe, expect, test } from 'vitest'
import { plainItem } from '../../../lib/connectors/dynamodb/attribute-values.ts'
import { GUARD } from '../../../lib/connectors/dynamodb/item.ts'
import { DynamoDBWriter } from '../../../lib/connectors/dynamodb/writer.ts'
import { ConfigurationError, InvalidOutputError, RetryableError } from '../../../lib/core/errors.ts'
import type { DynamoDBTarget } from '../../../lib/core/graph.ts'
import type { ConsumedUnits } from '../../../lib/state/dynamodb-table.ts'
import { dynamodbServer } from '../../support/dynamodb-server.ts'
import { dynamodbAnswer, faultyProxy } from '../../support/faulty-proxy.ts'
import { type OpenedTable, output, sinkTableContract, targetOf } from './table-contract.ts'

const server = dynamodbServer()

async function open(
  target: DynamoDBTarget,
  client = server.client,
): Promise<OpenedTable & { table: string }> {
  const table = await server.table(Object.fromEntries(target.key.map((name) => [name ?? '', 'S' as const])))
  return {
    table,
    writer: new DynamoDBWriter({ client, target: { ...target, table } }),
    items: async () => {
      const { Items = [] } = await server.client.scan({ TableName: table, ConsistentRead: true })
      return Items.map((item) => {
        const { [GUARD]: _, ...shown } = plainItem(item)
        return shown
      })
    },
  }
}

sinkTableContract('A table in DynamoDB', open, { numRuns: 15 })

const LARGE = 'x'.repeat(410_000)
const keys = (items: readonly Readonly<Record<string, unknown>>[]) => items.map(({ k }) => k).sort()

describe('An item that DynamoDB will never take is rejected, and the others are written:', () => {
  test.each(['upsert', 'increment', 'append'] as const)('one that is too large, with %s', async (mode) => {
    const { writer, items, table } = await open(targetOf(mode))
    const outputs = ['a', 'b', 'c'].map((k, n) => output(n, { k, n, ...(k === 'b' && { text: LARGE }) }))
    const rejections = await writer.write(outputs)
    expect(rejections.map(({ record }) => record)).toEqual([outputs[1]])
    expect(rejections[0]?.error).toBeInstanceOf(InvalidOutputError)
    expect(String(rejections[0]?.error)).toContain(`DynamoDB table '${table}' does not take the item: `)
    expect(keys(await items())).toEqual(['a', 'c'])
  })

  test.each(['upsert', 'increment', 'append'] as const)(
    'one whose key has another type, with %s',
    async (mode) => {
      const { writer, items } = await open(targetOf(mode))
      const outputs = ['a', 7, 'c'].map((k, n) => output(n, { k, n }))
      const rejections = await writer.write(outputs)
      expect(rejections.map(({ record }) => record)).toEqual([outputs[1]])
      expect(keys(await items())).toEqual(['a', 'c'])
    },
  )

  test('of several outputs for one item the newest that DynamoDB takes stays', async () => {
    const { writer, items } = await open(targetOf('upsert'))
    const outputs = [{ n: 1 }, { n: 2 }, { n: 3, text: LARGE }].map((item, n) =>
      output(n, { k: 'a', ...item }),
    )
    const rejections = await writer.write(outputs)
    expect(rejections.map(({ record }) => record)).toEqual([outputs[2]])
    expect(await items()).toEqual([{ k: 'a', n: 2 }])
  })

  test.each([
    ['a pipeline with state: all of the call', 1, [0, 1, 2], undefined],
    ['one without state: it and those after it', 0, [1, 2], 1],
  ])('of several increments of one item, in %s', async (_, generation, rejected, n) => {
    const { writer, items } = await open(targetOf('increment'))
    const outputs = [{ n: 1 }, { n: 2, text: LARGE }, { n: 4 }].map((item, n) =>
      output(n, { k: 'a', ...item }, { generation }),
    )
    // Again: they come again when the process ended before they were dead letters.
    for (let time = 0; time < 2; time++) {
      const rejections = await writer.write(outputs)
      expect(rejections.map(({ record }) => outputs.indexOf(record))).toEqual(rejected)
    }
    expect(await items()).toEqual(n === undefined ? [] : [{ k: 'a', n }])
  })
})

test('an increment of what is no number in the table is rejected', async () => {
  const { writer, table } = await open(targetOf('increment'))
  await server.client.putItem({ TableName: table, Item: { k: { S: 'a' }, n: { S: 'text' } } })
  const wrong = output(1, { k: 'a', n: 1 })
  expect((await writer.write([wrong, output(2, { k: 'b', n: 1 })])).map(({ record }) => record)).toEqual([
    wrong,
  ])
})

test('an item that somebody else wrote is written over', async () => {
  const { writer, items, table } = await open(targetOf('upsert'))
  await server.client.putItem({ TableName: table, Item: { k: { S: 'a' }, n: { N: '1' } } })
  await writer.write([output(1, { k: 'a', n: 2 })])
  expect(await items()).toEqual([{ k: 'a', n: 2 }])
})

test('increments of a pipeline without state are added one by one: batches may be cut anew', async () => {
  const { writer, items } = await open(targetOf('increment'))
  const [first, second, third] = [1, 2, 4].map((n) => output(n, { k: 'a', n }, { generation: 0 }))
  if (!first || !second || !third) return
  await writer.write([first, second])
  await writer.write([second, third])
  expect(await items()).toEqual([{ k: 'a', n: 7 }])
})

describe('When DynamoDB does not answer for now', () => {
  async function behindProxy(mode: DynamoDBTarget['mode']) {
    const proxy = await faultyProxy(server.endpoint)
    const client = await server.open({ endpoint: proxy.endpoint, maxAttempts: 2 })
    return { proxy, ...(await open(targetOf(mode), client)) }
  }
  const THROTTLED = dynamodbAnswer('ProvisionedThroughputExceededException')

  test.each(['upsert', 'increment', 'append'] as const)(
    'the call fails, and repeated it writes each output once, with %s',
    async (mode) => {
      const { proxy, writer, items } = await behindProxy(mode)
      const outputs = ['a', 'b', 'c', 'd'].map((k, n) => output(n, { k, n: 1 }))
      proxy.fault(({ body }, n) => (n >= 2 || body.includes('"b"') ? THROTTLED : undefined))
      await expect(writer.write(outputs)).rejects.toBeInstanceOf(RetryableError)
      proxy.fault(() => undefined)
      expect(await writer.write(outputs)).toEqual([])
      expect((await items()).map(({ k, n }) => [k, n]).sort()).toEqual([
        ['a', 1],
        ['b', 1],
        ['c', 1],
        ['d', 1],
      ])
    },
  )

  test('an increment whose answer was lost is not added again', async () => {
    const { proxy, writer, items } = await behindProxy('increment')
    proxy.fault((_, n) => (n === 0 ? 'lost answer' : undefined))
    expect(await writer.write([output(1, { k: 'a', n: 5 })])).toEqual([])
    expect(await items()).toEqual([{ k: 'a', n: 5 }])
  })

  test('outputs that a batch leaves unprocessed are sent again', async () => {
    const { proxy, writer, items, table } = await behindProxy('append')
    proxy.fault(({ body }, n) => {
      if (n > 0) return undefined
      const { RequestItems } = JSON.parse(body)
      return { status: 200, body: JSON.stringify({ UnprocessedItems: { [table]: RequestItems[table] } }) }
    })
    await writer.write(['a', 'b'].map((k, n) => output(n, { k, n })))
    expect(keys(await items())).toEqual(['a', 'b'])
    expect(proxy.seen).toHaveLength(2)
  })
})

describe('Outputs are written in few calls:', () => {
  test('items of an append sink go in batches of 25', async () => {
    const units: ConsumedUnits[] = []
    const table = await server.table({ k: 'S', id: 'S' })
    const onConsumed = (each: ConsumedUnits) => void units.push(each)
    const writer = new DynamoDBWriter({
      client: server.client,
      target: targetOf('append', table),
      onConsumed,
    })
    await writer.write(Array.from({ length: 60 }, (_, n) => output(n, { k: 'a', n })))
    expect(units.map(({ write }) => write).sort()).toEqual([10, 25, 25])
  })

  test.each(['upsert', 'increment'] as const)('outputs for one item are one write, with %s', async (mode) => {
    const units: ConsumedUnits[] = []
    const table = await server.table({ k: 'S' })
    const onConsumed = (each: ConsumedUnits) => void units.push(each)
    const writer = new DynamoDBWriter({ client: server.client, target: targetOf(mode, table), onConsumed })
    await writer.write(Array.from({ length: 60 }, (_, n) => output(n, { k: `k${n % 2}`, n })))
    expect(units.map(({ write }) => write)).toEqual([1, 1])
  })
})

describe('A table is checked before the first output:', () => {
  const check = (table: string, key: DynamoDBTarget['key'], mode: DynamoDBTarget['mode'] = 'upsert') =>
    new DynamoDBWriter({ client: server.client, target: targetOf(mode, table, key) }).check()

  test.each([
    [{ k: 'S' }, ['k']],
    [{ k: 'N' }, ['k']],
    [{ k: 'B' }, ['k']],
    [{ k: 'S', l: 'N' }, ['k', 'l']],
    [{ k: 'B', l: 'B' }, ['k', 'l']],
  ] as const)('one with the key %j is taken for %j, and stays empty', async (made, key) => {
    const table = await server.table(made)
    await check(table, key)
    expect((await server.client.scan({ TableName: table })).Count).toBe(0)
  })

  test('one whose item of the probe exists keeps it as it is', async () => {
    const table = await server.table({ k: 'S' })
    const Item = { k: { S: 'millrace' }, n: { N: '1' } }
    await server.client.putItem({ TableName: table, Item })
    await check(table, ['k'])
    expect((await server.client.scan({ TableName: table })).Items).toEqual([Item])
  })

  test.each([
    [{ other: 'S' }, ['k'], 'upsert'],
    [{ k: 'S', l: 'S' }, ['k'], 'upsert'],
    [{ k: 'S' }, ['k', 'l'], 'upsert'],
    [{ k: 'S', id: 'N' }, ['k', 'id'], 'append'],
  ] as const)('one with the key %j is refused for %j with %s', async (made, key, mode) => {
    const table = await server.table(made)
    const error = await check(table, key, mode).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(ConfigurationError)
    expect(String(error)).toContain(`DynamoDB table '${table}' has another key`)
    expect(String(error)).toContain(`the partition key '${key[0]}'`)
  })

  test('one that is not there is refused', async () => {
    await expect(check('missing', ['k'])).rejects.toThrow("there is no DynamoDB table 'missing'")
  })
})
