import type { Context } from 'aws-lambda'
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest'
import { plainItem } from '../../lib/connectors/dynamodb/attribute-values.ts'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import { ConfigurationError, StateFormatError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'
import { scheduledEvent } from '../../lib/local/scheduled-event.ts'
import { effect } from '../../lib/operators/effect.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import { lambda, type StreamHandler } from '../../lib/runtime/handler.ts'
import { DynamoDBStateStore } from '../../lib/state/dynamodb-store.ts'
import { sum } from '../../lib/windows/aggregates/sum.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { oneShard } from '../support/one-shard.ts'
import { type Reading, readings } from '../support/readings.ts'
import { s3Server } from '../support/s3-server.ts'
import { noise } from '../support/state-log.ts'

const database = dynamodbServer()
const s3 = s3Server()
const kinesis = oneShard()

const counts = (table: string, keyed = keyBy<Reading>()) =>
  pipeline(
    'counts',
    readings(),
    keyed,
    window('sums', { over: tumbling('20ms'), aggregate: sum(({ n }: Reading) => n) }),
    dynamodb.sink({
      table,
      key: ['key', 'start'],
      item: ({ key, start, value }) => ({ key, start, sum: value }),
    }),
  )

const event = (texts: readonly string[], stream = 'readings', first = 0) =>
  eventBuilder(stream, 'shardId-000000000000', 0).event(
    texts.map((text, index) => {
      const body = Buffer.from(text)
      return {
        index: first + index,
        partitionKey: text.split(' ')[0] ?? '',
        arrival: 1_000,
        body,
        start: 0,
        end: body.length,
      }
    }),
  )

const context = { getRemainingTimeInMillis: () => 60_000 } as Context

const invoke = (handler: StreamHandler, ...given: Parameters<typeof event>) =>
  handler(event(...given), context)

const tick = (handler: StreamHandler) => handler(scheduledEvent(Date.now()), context)

const refusal = async (handler: StreamHandler): Promise<string> => {
  const error = await invoke(handler, ['a 1 1']).catch((each: unknown) => each)
  expect(error).toBeInstanceOf(ConfigurationError)
  return String(error)
}

let stateTable: string
let sinkTable: string
let bucket: string

beforeEach(async () => {
  stateTable = await database.stateTable()
  sinkTable = await database.table({ key: 'S', start: 'N' })
  bucket = s3.bucket()
  const variables = {
    AWS_LAMBDA_FUNCTION_NAME: 'counts',
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: database.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
    MILLRACE_STATE_TABLE: stateTable,
    MILLRACE_DEAD_LETTER_BUCKET: bucket,
  }
  for (const [name, value] of Object.entries(variables)) vi.stubEnv(name, value)
  // What a batch tells CloudWatch is not what is tested here.
  vi.spyOn(process.stdout, 'write').mockReturnValue(true)
})
afterEach(() => {
  vi.unstubAllEnvs()
  vi.restoreAllMocks()
})

const items = async (table = sinkTable) => {
  const { Items = [] } = await database.client.scan({ TableName: table })
  return Items.map((item) => {
    const { 'millrace:order': _, ...shown } = plainItem(item)
    return shown
  }).sort((a, b) => Number(a.start) - Number(b.start))
}

const letters = async () => {
  const { Contents = [] } = await s3.client.listObjectsV2({ Bucket: bucket })
  const texts = await Promise.all(
    Contents.map(async ({ Key = '' }) => {
      const { Body } = await s3.client.getObject({ Bucket: bucket, Key })
      return (await Body?.transformToString()) ?? ''
    }),
  )
  return { keys: Contents.map(({ Key }) => Key), lines: texts.flatMap((text) => text.trim().split('\n')) }
}

describe('A function in Lambda that nobody has connected', () => {
  test('works with the tables and buckets that its environment names', async () => {
    const handler = lambda(counts(sinkTable))
    await invoke(handler, ['a 1 1', 'a 2 2', 'a 25 4', 'no reading'])
    expect(await items()).toEqual([{ key: 'a', start: 0, sum: 3 }])
    const { lines } = await letters()
    expect(lines.map((line) => JSON.parse(line))).toMatchObject([
      { pipeline: 'counts', operator: 'source', data: Buffer.from('no reading').toString('base64') },
    ])
  })

  test('goes on in another sandbox where the first one was', async () => {
    await invoke(lambda(counts(sinkTable)), ['a 1 1', 'a 2 2'])
    await invoke(lambda(counts(sinkTable)), ['a 2 2', 'a 3 4', 'a 25 8'], 'readings', 1)
    expect(await items()).toEqual([{ key: 'a', start: 0, sum: 7 }])
  })

  test('lets time go on in a sandbox whose first event is a tick', async () => {
    await invoke(lambda(counts(sinkTable)), ['a 1 1'])
    await tick(lambda(counts(sinkTable)))
    expect(await items()).toEqual([{ key: 'a', start: 0, sum: 1 }])
  })

  test.each(['source', 'sums'])('ticks the stage %s alone, and asks those behind it', async (stage) => {
    vi.stubEnv('MILLRACE_STAGE', stage)
    expect(
      await tick(
        lambda(
          counts(
            sinkTable,
            keyBy(({ n }) => String(n)),
          ),
        ),
      ),
    ).toEqual({ batchItemFailures: [] })
  })

  test('keeps large snapshots in the bucket of blobs, if there is one', async () => {
    const blobs = s3.bucket()
    vi.stubEnv('MILLRACE_BLOB_BUCKET', blobs)
    const handler = lambda(counts(sinkTable))
    const keys = Array.from({ length: 100 }, (_, n) => noise(200, n))
    await invoke(
      handler,
      keys.map((key) => `${key} 1 1`),
    )
    for (let batch = 1; batch < 64; batch++) await invoke(handler, ['a 1 1'], 'readings', 100 + batch)
    const { Contents = [] } = await s3.client.listObjectsV2({ Bucket: blobs })
    expect(Contents.map(({ Key }) => Key)).toEqual([expect.stringMatching(/^counts\/.*-snapshot-/)])
    await invoke(lambda(counts(sinkTable)), ['a 25 1'], 'readings', 200)
    expect(await items()).toHaveLength(101)
  })

  test('finds streams and tables under the names that its environment has for them', async () => {
    vi.stubEnv('MILLRACE_RESOURCES', JSON.stringify({ readings: 'prod-readings', counts: sinkTable }))
    const handler = lambda(counts('counts'))
    await invoke(handler, ['a 1 1', 'a 25 4'], 'prod-readings')
    expect(await items()).toEqual([{ key: 'a', start: 0, sum: 1 }])
    await expect(invoke(handler, ['a 1 1'], 'readings')).rejects.toThrow(
      "got records of stream 'readings' and reads 'prod-readings'",
    )
  })

  test('keeps the version of its code', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_VERSION', '7')
    await invoke(lambda(counts(sinkTable)), ['no reading'])
    vi.stubEnv('MILLRACE_CODE_VERSION', 'abc123')
    await invoke(lambda(counts(sinkTable)), ['no reading either'], 'readings', 1)
    const { lines } = await letters()
    expect(lines.map((line) => JSON.parse(line).codeVersion)).toEqual(['7', 'abc123'])
  })

  test('is not connected anew once somebody has connected it', async () => {
    vi.stubEnv('MILLRACE_STATE_TABLE', '')
    const handler = lambda(counts(sinkTable))
    await refusal(handler)
    vi.stubEnv('MILLRACE_STATE_TABLE', stateTable)
    await invoke(handler, ['a 1 1'])
    vi.stubEnv('MILLRACE_STATE_TABLE', 'another')
    await invoke(handler, ['a 25 1'], 'readings', 1)
    expect(await items()).toHaveLength(1)
  })

  test('needs no state table for a pipeline that keeps neither state nor claims', async () => {
    vi.stubEnv('MILLRACE_STATE_TABLE', undefined)
    const table = await database.table({ key: 'S', id: 'S' })
    const target = dynamodb.sink({
      table,
      mode: 'append',
      key: ['key', 'id'],
      item: ({ n }: Reading) => ({ key: 'a', n }),
    })
    await invoke(lambda(pipeline('raw', readings(), target)), ['a 1 7'])
    expect(await items(table)).toMatchObject([{ key: 'a', n: 7 }])
    const mail = effect<Reading>('mail', () => {}, {
      key: ({ n }) => String(n),
      within: '1d',
      onUnknown: 'retry',
    })
    expect(await refusal(lambda(pipeline('mails', readings(), mail, target)))).toContain(
      'the environment variable MILLRACE_STATE_TABLE',
    )
  })

  test('outside of Lambda it says how to connect it', async () => {
    vi.stubEnv('AWS_LAMBDA_FUNCTION_NAME', undefined)
    expect(await refusal(lambda(counts(sinkTable)))).toContain('is not connected to a state store and sinks')
  })
})

describe('Before any record is touched, a function refuses', () => {
  test.each([
    ['MILLRACE_STATE_TABLE', 'the name of the DynamoDB table that keeps its state'],
    ['MILLRACE_DEAD_LETTER_BUCKET', 'the name of the S3 bucket that takes its dead letters'],
  ])('an environment without %s', async (name, remedy) => {
    vi.stubEnv(name, undefined)
    const message = await refusal(lambda(counts(sinkTable)))
    expect(message).toContain(
      `the environment variable ${name} of the function of pipeline 'counts' is not set`,
    )
    expect(message).toContain(remedy)
  })

  test.each(['nonsense', '["a"]', '{"a":1}', '"a"', 'null'])('MILLRACE_RESOURCES of %s', async (given) => {
    vi.stubEnv('MILLRACE_RESOURCES', given)
    expect(await refusal(lambda(counts(sinkTable)))).toContain(
      `is '${given}': expected a JSON object from names written in the pipeline to names of streams and tables`,
    )
  })

  test('a state table that is not there', async () => {
    vi.stubEnv('MILLRACE_STATE_TABLE', 'missing')
    expect(await refusal(lambda(counts(sinkTable)))).toContain("there is no DynamoDB table 'missing'")
  })

  test('a sink’s table that is not there, or has another key', async () => {
    expect(await refusal(lambda(counts('missing')))).toContain("there is no DynamoDB table 'missing'")
    const other = await database.table({ airport: 'S' })
    expect(await refusal(lambda(counts(other)))).toContain(`DynamoDB table '${other}' has another key`)
  })

  test('a bucket that is not there', async () => {
    vi.stubEnv('MILLRACE_DEAD_LETTER_BUCKET', 'nowhere')
    expect(await refusal(lambda(counts(sinkTable)))).toContain("there is no S3 bucket 'nowhere'")
  })

  test('state that a newer version of millrace wrote', async () => {
    const handler = lambda(counts(sinkTable))
    await invoke(handler, ['a 1 1'])
    const { Items = [] } = await database.client.scan({ TableName: stateTable })
    const entry = Items.find(({ slot }) => slot?.S === 'log/entry-0000')
    await database.client.putItem({
      TableName: stateTable,
      Item: {
        ...entry,
        body: { B: Buffer.concat([Buffer.of(99), entry?.body?.B?.subarray(1) ?? Buffer.of()]) },
      },
    })
    const error = await invoke(lambda(counts(sinkTable)), ['a 25 1'], 'readings', 1).catch(
      (each: unknown) => each,
    )
    expect(error).toBeInstanceOf(StateFormatError)
    expect(String(error)).toContain('deploy the version that wrote it, or a newer one')
    expect(await items()).toEqual([])
    const store = new DynamoDBStateStore({ client: database.client, table: stateTable })
    expect((await store.load(entry?.task?.S ?? '')).entries).toHaveLength(1)
  })
})
