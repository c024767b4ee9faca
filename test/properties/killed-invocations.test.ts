import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { afterEach, expect, test } from 'vitest'
import { plainItem } from '../../lib/connectors/dynamodb/attribute-values.ts'
import { eventBuilder } from '../../lib/local/kinesis-event.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { oneShard } from '../support/one-shard.ts'
import { s3Server } from '../support/s3-server.ts'

const WORKER = fileURLToPath(new URL('killed-invocations-worker.ts', import.meta.url))
const RECORDS = 400
const BATCH = 20
const KILLS = 8
const KEYS = ['a', 'b', 'c']

const server = dynamodbServer()
const s3 = s3Server()
const kinesis = oneShard()

type Answer = { readonly failedAt?: string; readonly error?: string } | 'killed'

/** A process that takes invocations. */
class Process {
  readonly #child: ChildProcess

  constructor(environment: Readonly<Record<string, string>>) {
    this.#child = fork(WORKER, {
      execArgv: ['-C', '@millrace/source'],
      env: { ...process.env, ...environment },
      // The metrics of its batches.
      stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
    })
  }

  async ready(): Promise<this> {
    await once(this.#child, 'message')
    return this
  }

  async invoke(event: object): Promise<Answer> {
    if (!this.#child.connected) return 'killed'
    const answered = new AbortController()
    const { signal } = answered
    const answer = Promise.race([
      once(this.#child, 'message', { signal }).then(([message]) => message as Answer),
      once(this.#child, 'exit', { signal }).then(() => 'killed' as const),
    ])
    this.#child.send(event, () => {})
    return await answer.finally(() => answered.abort())
  }

  async kill(): Promise<void> {
    const { exitCode, signalCode } = this.#child
    if (exitCode !== null || signalCode !== null) return
    this.#child.kill('SIGKILL')
    await once(this.#child, 'exit')
  }
}

const processes = new Set<Process>()
afterEach(async () => {
  for (const each of processes) await each.kill()
})

const numbers = Array.from({ length: RECORDS }, (_, index) => ({
  key: KEYS[(index * 7) % KEYS.length] ?? '',
  // Out of order, within the bound.
  at: 1_000 + index * 2 + (index % 3),
  n: 1 + ((index * 31) % 17),
}))

/** What the tables must hold: in one loop, without millrace. */
function straight() {
  const totals: Record<string, number> = {}
  const sums: Record<string, number> = {}
  const watermark = Math.max(...numbers.map(({ at }) => at)) - 6
  for (const { key, at, n } of numbers) {
    totals[key] = (totals[key] ?? 0) + n
    const start = at - (at % 20)
    if (start + 19 <= watermark) sums[`${key} ${start}`] = (sums[`${key} ${start}`] ?? 0) + n
  }
  return { totals, sums }
}

test('invocations are killed at any moment, and repeated, some by two at a time: the tables are those of one loop', {
  timeout: 240_000,
}, async () => {
  const tables = {
    sums: await server.table({ key: 'S', start: 'N' }),
    totals: await server.table({ key: 'S' }),
    each: await server.table({ id: 'S' }),
  }
  const bucket = s3.bucket()
  const environment = {
    AWS_LAMBDA_FUNCTION_NAME: 'killed',
    AWS_REGION: 'local',
    AWS_ACCESS_KEY_ID: 'local',
    AWS_SECRET_ACCESS_KEY: 'local',
    AWS_ENDPOINT_URL_DYNAMODB: server.endpoint,
    AWS_ENDPOINT_URL_S3: s3.endpoint,
    AWS_ENDPOINT_URL_KINESIS: kinesis.endpoint,
    MILLRACE_STATE_TABLE: await server.stateTable(),
    MILLRACE_DEAD_LETTER_BUCKET: bucket,
    MILLRACE_RESOURCES: JSON.stringify(tables),
  }
  const start = (): Promise<Process> => {
    const each = new Process(environment)
    processes.add(each)
    return each.ready()
  }
  const builder = eventBuilder('readings', 'shardId-000000000000', 0)
  const stored = numbers.map(({ key, at, n }, index) => {
    const body = Buffer.from(`${key} ${at} ${n}`)
    return { index, partitionKey: key, arrival: 5_000, body, start: 0, end: body.length }
  })
  let [one, two] = await Promise.all([start(), start()])
  let kills = 0
  let done = 0
  while (done < RECORDS) {
    const event = builder.event(stored.slice(done, done + BATCH))
    const answers = [one.invoke(event)]
    // The mapping has lost sight of the first invocation, or the answer, and repeats the batch.
    if (Math.random() < 0.3) answers.push(two.invoke(event))
    const victim = one
    if (kills < KILLS && Math.random() < 0.6) {
      kills++
      setTimeout(() => victim.kill(), Math.random() * 80)
    }
    const [first, second = first] = await Promise.all(answers)
    if (first === 'killed') one = await start()
    if (Math.random() < 0.3) [one, two] = [two, one]
    for (const answer of [first, second]) {
      if (answer === 'killed' || answer?.error !== undefined) continue
      const failed = stored.findIndex((each) => builder.sequenceNumber(each) === answer?.failedAt)
      done = Math.max(done, failed === -1 ? Math.min(done + BATCH, RECORDS) : failed)
      break
    }
  }
  const items = async (table: string) => {
    const { Items = [] } = await server.client.scan({ TableName: table, ConsistentRead: true })
    return Items.map(plainItem)
  }
  const expected = straight()
  const totals = await items(tables.totals)
  expect(Object.fromEntries(totals.map(({ key, n }) => [key, n]))).toEqual(expected.totals)
  const sums = await items(tables.sums)
  expect(Object.fromEntries(sums.map(({ key, start, value }) => [`${key} ${start}`, value]))).toEqual(
    expected.sums,
  )
  const each = await items(tables.each)
  expect(
    each
      .map(({ value }) => value as { at: number })
      .map(({ at }) => at)
      .sort(),
  ).toEqual(numbers.map(({ at }) => at).sort())
  expect((await s3.client.listObjectsV2({ Bucket: bucket })).Contents ?? []).toEqual([])
})
