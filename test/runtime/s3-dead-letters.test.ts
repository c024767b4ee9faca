import { expect, test } from 'vitest'
import type { DeadLetter } from '../../lib/core/dead-letter.ts'
import { ConfigurationError, RetryableError } from '../../lib/core/errors.ts'
import { S3DeadLetters } from '../../lib/runtime/s3-dead-letters.ts'
import { faultyProxy } from '../support/faulty-proxy.ts'
import { s3Answer, s3Server } from '../support/s3-server.ts'

const server = s3Server()

const TASK = 'flights/hourly/g1m64/flights/shardId-000000000003'

const letter: DeadLetter = {
  pipeline: 'flights',
  operator: 'map',
  stream: 'flights',
  shardId: 'shardId-000000000003',
  sequenceNumber: '7',
  subSequence: 0,
  partitionKey: 'LAX',
  arrival: 1_000,
  data: 'eA==',
  element: { delay: 5 },
  key: 'LAX',
  error: { name: 'Error', message: 'no “way”\nout', stack: 'Error: no\n    at x' },
  codeVersion: '3',
}

const record = (sequenceNumber: string, output = 0, payload: DeadLetter = letter) => ({
  order: { generation: 1, epoch: 0, sequenceNumber, subSequence: 0, tick: 0, output },
  id: `${TASK}:0.${sequenceNumber}.0.0.${output}`,
  payload,
})

async function contents(bucket: string): Promise<Record<string, string>> {
  const { Contents = [] } = await server.client.listObjectsV2({ Bucket: bucket })
  const objects = Contents.map(async ({ Key = '' }) => {
    const { Body } = await server.client.getObject({ Bucket: bucket, Key })
    return [Key, (await Body?.transformToString()) ?? ''] as const
  })
  return Object.fromEntries(await Promise.all(objects))
}

function opened() {
  const bucket = server.bucket()
  return { bucket, letters: new S3DeadLetters({ client: server.client, bucket }) }
}

test('the letters of an entry are one object of JSON lines, each with its id', async () => {
  const { bucket, letters } = opened()
  expect(await letters.write([record('7'), record('9', 1)])).toEqual([])
  const [[key, text] = ['', '']] = Object.entries(await contents(bucket))
  expect(key).toBe(`dead-letters/${TASK}/0.7.0.0.0-0.9.0.0.1.jsonl`)
  expect(text.endsWith('\n')).toBe(true)
  expect(
    text
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line)),
  ).toEqual([
    { id: `${TASK}:0.7.0.0.0`, ...letter },
    { id: `${TASK}:0.9.0.0.1`, ...letter },
  ])
})

test('delivered again they are the same object', async () => {
  const { bucket, letters } = opened()
  for (let time = 0; time < 2; time++) {
    await letters.write([record('7'), record('9')])
    await letters.write([record('11')])
  }
  expect(Object.keys(await contents(bucket))).toEqual([
    `dead-letters/${TASK}/0.11.0.0.0.jsonl`,
    `dead-letters/${TASK}/0.7.0.0.0-0.9.0.0.0.jsonl`,
  ])
})

test('letters of a batch that was cut otherwise replace no others', async () => {
  const { bucket, letters } = opened()
  await letters.write([record('7'), record('9')])
  await letters.write([record('7')])
  expect(Object.keys(await contents(bucket))).toHaveLength(2)
})

test('what JSON has no form for is written as text', async () => {
  const { bucket, letters } = opened()
  await letters.write([record('7', 0, { ...letter, output: { big: 2n ** 70n } })])
  expect(Object.values(await contents(bucket))[0]).toContain('"output":{"big":"1180591620717411303424"}')
})

test('no letters make no object', async () => {
  const { bucket, letters } = opened()
  expect(await letters.write([])).toEqual([])
  expect(await contents(bucket)).toEqual({})
})

test('what S3 does not take for now is not taken for written', async () => {
  const proxy = await faultyProxy(server.endpoint)
  const letters = new S3DeadLetters({ client: await server.open(proxy.endpoint), bucket: server.bucket() })
  proxy.fault(() => s3Answer('InternalError', 'we are sorry', 500))
  await expect(letters.write([record('7')])).rejects.toBeInstanceOf(RetryableError)
})

test('the bucket is checked: one that is missing or elsewhere is refused, one that may only be put to is not', async () => {
  const proxy = await faultyProxy(server.endpoint)
  const letters = new S3DeadLetters({ client: await server.open(proxy.endpoint), bucket: server.bucket() })
  await letters.check()
  for (const [status, message] of [
    [404, 'there is no S3 bucket'],
    [301, 'is in another region'],
  ] as const) {
    proxy.fault(() => ({ status, body: '' }))
    await expect(letters.check()).rejects.toThrow(message)
    await expect(letters.check()).rejects.toBeInstanceOf(ConfigurationError)
  }
  proxy.fault(() => ({ status: 403, body: '' }))
  expect(await letters.check()).toBeUndefined()
})
