import { describe, expect, test } from 'vitest'
import { ConfigurationError, RetryableError } from '../../lib/core/errors.ts'
import { isRetryable } from '../../lib/core/retryable.ts'
import { DynamoDBStateStore, stateTableNeeds } from '../../lib/state/dynamodb-store.ts'
import { type ConsumedUnits, DynamoDBTable } from '../../lib/state/dynamodb-table.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { dynamodbAnswer, faultyProxy } from '../support/faulty-proxy.ts'
import { draft, Kept, logOn, memoryStores } from '../support/state-log.ts'

const server = dynamodbServer()

const THROTTLED = dynamodbAnswer('ProvisionedThroughputExceededException', 'too fast')
const OUTAGE = dynamodbAnswer('InternalServerError', 'we are sorry', 500)
const entry = { version: 0, nonce: 'n', body: Buffer.from('body') }

/** A store on a table that is reached through a proxy. */
async function behindProxy() {
  const proxy = await faultyProxy(server.endpoint)
  const table = await server.stateTable()
  const client = await server.open({ endpoint: proxy.endpoint })
  return { proxy, table, client, store: new DynamoDBStateStore({ client, table }) }
}

describe('What the SDK cures', () => {
  test.each([
    ['throttling', THROTTLED],
    ['an outage', OUTAGE],
    ['a broken connection', 'lost request' as const],
  ])('%s that ends soon is not seen', async (_, fault) => {
    const { proxy, store } = await behindProxy()
    proxy.fault((_call, n) => (n < 2 ? fault : undefined))
    expect(await store.append('task', entry, 4)).toEqual({ committed: true })
    expect(proxy.seen.map(({ operation }) => operation)).toEqual(['PutItem', 'PutItem', 'PutItem'])
  })
})

describe('What outlasts the SDK’s attempts', () => {
  test.each([
    ['throttling', THROTTLED, 'too fast'],
    ['an outage', OUTAGE, 'we are sorry'],
    ['a broken connection', 'lost request' as const, 'socket hang up'],
  ])(
    '%s is an error that a retry can cure, and nothing is written',
    { timeout: 30_000 },
    async (_, fault, reason) => {
      const { proxy, store, table } = await behindProxy()
      proxy.fault(() => fault)
      const error = await store.append('task', entry, 4).catch((each: unknown) => each)
      expect(error).toBeInstanceOf(RetryableError)
      expect(String(error)).toContain(`DynamoDB table '${table}' does not answer for now: ${reason}`)
      expect(proxy.seen).toHaveLength(4)
      proxy.fault(() => undefined)
      expect((await store.load('task')).entries).toEqual([])
    },
  )

  test('a server that is not there is one too', async () => {
    const client = await server.open({ endpoint: 'http://127.0.0.1:1', maxAttempts: 1 })
    const store = new DynamoDBStateStore({ client, table: 'state' })
    expect(isRetryable(await store.load('task').catch((each: unknown) => each))).toBe(true)
  })
})

test('a commit whose answers were lost is known by its nonce', async () => {
  const { proxy, store } = await behindProxy()
  const log = logOn({ store, blobs: memoryStores().blobs })
  expect(await log.load()).toBeUndefined()
  proxy.fault(({ operation }, n) => (operation === 'PutItem' && n < 2 ? 'lost answer' : undefined))
  expect(await log.commit(draft('1'), new Kept())).toBe(true)
  const other = logOn({ store, blobs: memoryStores().blobs })
  expect(await other.load()).toMatchObject({ version: 0 })
})

test('the loser of a commit learns that it lost, even if its answers were lost', async () => {
  const { proxy, store } = await behindProxy()
  const [one, two] = [1, 2].map(() => logOn({ store, blobs: memoryStores().blobs }))
  await one?.load()
  await two?.load()
  expect(await one?.commit(draft('1'), new Kept())).toBe(true)
  proxy.fault((_, n) => (n < 2 ? 'lost answer' : undefined))
  expect(await two?.commit(draft('1'), new Kept())).toBe(false)
})

describe('A batch of writes', () => {
  const put = (slot: string) => ({ PutRequest: { Item: { task: { S: 't' }, slot: { S: slot } } } })
  const unprocessed = (table: string, slots: readonly string[]) => ({
    status: 200,
    body: JSON.stringify({ UnprocessedItems: { [table]: slots.map(put) } }),
  })

  test('sends again what was left unprocessed, and only that', async () => {
    const { proxy, table, client } = await behindProxy()
    const batches = new DynamoDBTable(stateTableNeeds(table), { client })
    proxy.fault((_, n) => (n === 0 ? unprocessed(table, ['b']) : undefined))
    await batches.batch(['a', 'b'].map(put))
    expect(proxy.seen).toHaveLength(2)
    expect(JSON.parse(proxy.seen[1]?.body ?? '').RequestItems[table]).toEqual([put('b')])
  })

  test('gives up when some are left again and again, with longer and longer pauses before', async () => {
    const { proxy, table, client } = await behindProxy()
    const clock = new VirtualClock()
    const pauses: number[] = []
    clock.sleep = async (ms) => void pauses.push(ms)
    const batches = new DynamoDBTable(stateTableNeeds(table), { client, clock })
    proxy.fault(() => unprocessed(table, ['b']))
    const error = await batches.batch(['a', 'b'].map(put)).catch((each: unknown) => each)
    expect(error).toBeInstanceOf(RetryableError)
    expect(String(error)).toContain(`left 1 of 2 writes to table '${table}' unprocessed, 8 times`)
    expect(pauses).toHaveLength(7)
    for (const [index, pause] of pauses.entries()) {
      expect(pause).toBeGreaterThanOrEqual(25 * 2 ** index)
      expect(pause).toBeLessThan(50 * 2 ** index)
    }
  })
})

describe('Configuration that cannot work', () => {
  const refusal = async (store: DynamoDBStateStore): Promise<string> => {
    const error = await store
      .openPipeline('p', { generation: 1, ringSize: 4, operators: {} })
      .catch((each: unknown) => each)
    expect(error).toBeInstanceOf(ConfigurationError)
    return String(error)
  }

  test('a missing table is named, with the command that creates it', async () => {
    const message = await refusal(new DynamoDBStateStore({ client: server.client, table: 'missing' }))
    expect(message).toContain("there is no DynamoDB table 'missing' in region 'local'")
    expect(message).toContain('aws dynamodb create-table --table-name missing')
    expect(message).toContain('AttributeName=task,KeyType=HASH AttributeName=slot,KeyType=RANGE')
  })

  test.each([
    ['other names', { pk: 'S', sk: 'S' }],
    ['another type', { task: 'S', slot: 'N' }],
    ['no sort key', { task: 'S' }],
  ] as const)('a table whose key has %s is refused, with the key that it must have', async (_, key) => {
    const table = await server.table(key)
    const message = await refusal(new DynamoDBStateStore({ client: server.client, table }))
    expect(message).toContain(`DynamoDB table '${table}' has another key`)
    expect(message).toContain("expected the partition key 'task' (S) and the sort key 'slot' (S)")
  })

  test('missing permissions are told with the actions to allow, and are not tried again', async () => {
    const { proxy, store } = await behindProxy()
    proxy.fault(() => dynamodbAnswer('AccessDeniedException', 'User: me is not authorized'))
    const message = await refusal(store)
    expect(message).toContain('User: me is not authorized')
    expect(message).toContain('dynamodb:Query, dynamodb:GetItem, dynamodb:PutItem, dynamodb:BatchWriteItem')
    expect(message).toContain('table.grantReadWriteData(fn)')
    expect(proxy.seen).toHaveLength(1)
  })

  test.each(['UnrecognizedClientException', 'ExpiredTokenException', 'InvalidSignatureException'])(
    'credentials that AWS refuses as %s are told',
    async (name) => {
      const { proxy, store } = await behindProxy()
      proxy.fault(() => dynamodbAnswer(name, 'bad token'))
      expect(await refusal(store)).toContain(`AWS does not accept the credentials`)
    },
  )

  test('no credentials at all are told', async () => {
    const client = await server.open({
      credentials: async () => {
        throw Object.assign(new Error('Could not load credentials from any providers'), {
          name: 'CredentialsProviderError',
        })
      },
    })
    expect(await refusal(new DynamoDBStateStore({ client, table: 'state' }))).toContain(
      'set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY',
    )
  })

  test('no region is told', async () => {
    const client = await server.open({
      region: async () => {
        throw new Error('Region is missing')
      },
    })
    expect(await refusal(new DynamoDBStateStore({ client, table: 'state' }))).toContain(
      "set AWS_REGION, to 'eu-west-1' say",
    )
  })
})

test('what calls consume is told, where it is asked for', async () => {
  const table = await server.stateTable()
  const units: ConsumedUnits[] = []
  const store = new DynamoDBStateStore({
    client: server.client,
    table,
    onConsumed: (each) => void units.push(each),
  })
  await store.append('task', { ...entry, body: Buffer.alloc(5_000) }, 4)
  await store.load('task')
  expect(units).toEqual([
    { table, write: 5, read: 0 },
    { table, write: 0, read: 2 },
  ])
})
