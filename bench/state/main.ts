import { createHash } from 'node:crypto'
import type { Context } from 'aws-lambda'
import * as z from 'zod'
import * as dynamodb from '../../lib/connectors/dynamodb/index.ts'
import * as kinesis from '../../lib/connectors/kinesis/index.ts'
import {
  aggregate,
  count,
  json,
  keyBy,
  lambda,
  mean,
  pipeline,
  type StreamHandler,
  tumbling,
  window,
} from '../../lib/index.ts'
import { KeyedEvents } from './keyed-events.ts'
import { MeteredEnvironment } from './metered-environment.ts'

const TOUCHED = 1_000
const BATCHES = 315
const SIZES = [10_000, 1_000_000] as const
const FILL = 10_000
const COLD_KEYS = 2_500_000

const Reading = z.object({ sensor: z.string(), at: z.number(), value: z.number() })

const keyed = () =>
  lambda(
    pipeline(
      'keyed',
      kinesis.source({ stream: 'keys', codec: json(Reading), eventTime: (reading) => reading.at }),
      keyBy(),
      window('hourly', {
        over: tumbling('1h'),
        aggregate: aggregate({ n: count(), mean: mean((reading) => reading.value) }),
      }),
      dynamodb.sink({ table: 'keyed', key: ['key'], item: ({ key, value }) => ({ key, ...value }) }),
    ),
  )

interface Subject {
  readonly keys: number
  readonly handler: StreamHandler
  readonly events: KeyedEvents
  readonly environment: MeteredEnvironment
  readonly times: number[]
}

/**
 * What a batch that touches 1,000 keys costs with 10,000 and with 1,000,000 keys in state, turn by turn in
 * one process; snapshots included. Then what a sandbox pays that must load the larger one.
 */
export async function state(): Promise<void> {
  const subjects = await Promise.all(SIZES.map(filled))
  const written = subjects.map(({ environment }) => ({ ...bytesOf(environment) }))
  for (let batch = 0; batch < BATCHES; batch++) {
    for (const { handler, events, keys, times } of subjects) {
      const event = events.batch(spread(keys, batch))
      // Of the process, not of the clock: others on the machine must not count.
      const started = process.cpuUsage()
      await handler(event, {} as Context)
      const { user, system } = process.cpuUsage(started)
      times.push((user + system) / 1_000)
    }
  }
  for (const [index, { keys, times, environment }] of subjects.entries()) {
    const before = written[index] ?? { entries: 0, blobs: 0 }
    const { entries, blobs } = bytesOf(environment)
    const [entryBytes, blobBytes] = [entries - before.entries, blobs - before.blobs]
    console.log(
      `${keys.toLocaleString('en')} keys: median ${median(times).toFixed(2)} ms of CPU a batch of ${TOUCHED}, mean ${average(times).toFixed(2)} ms, ` +
        `${Math.round(entryBytes / BATCHES)} bytes an entry, snapshots ${(blobBytes / entryBytes).toFixed(2)} times the entries`,
    )
  }
  const [small, large] = subjects
  if (small === undefined || large === undefined) return
  console.log(`ratio of medians ${(median(large.times) / median(small.times)).toFixed(2)}`)
  console.log(`ratio of means   ${(average(large.times) / average(small.times)).toFixed(2)}`)
  await coldLoad()
}

async function filled(keys: number): Promise<Subject> {
  const environment = new MeteredEnvironment()
  environment.streams.create('keys', { shards: 1 })
  const handler = keyed()
  handler.connect(environment)
  const events = new KeyedEvents()
  for (let from = 0; from < keys; from += FILL) {
    await handler(
      events.batch(Array.from({ length: Math.min(FILL, keys - from) }, (_, n) => from + n)),
      {} as Context,
    )
  }
  // Beyond the ring, so that the first snapshot of it all is not part of the measurement.
  for (let batch = 0; batch < 64; batch++)
    await handler(events.batch(spread(keys, -1 - batch)), {} as Context)
  return { keys, handler, events, environment, times: [] }
}

/** What a sandbox pays that has nothing in memory, with keys and values that do not compress. */
async function coldLoad(): Promise<void> {
  const environment = new MeteredEnvironment()
  environment.streams.create('keys', { shards: 1 })
  const filler = keyed()
  filler.connect(environment)
  const events = new KeyedEvents((key) => createHash('sha1').update(`${key}`).digest('base64'), Math.random)
  for (let from = 0; from < COLD_KEYS; from += FILL) {
    await filler(events.batch(Array.from({ length: FILL }, (_, n) => from + n)), {} as Context)
  }
  const handler = keyed()
  handler.connect(environment)
  const event = events.batch(spread(COLD_KEYS, 7))
  const started = performance.now()
  await handler(event, {} as Context)
  const ms = performance.now() - started
  const { totals = {}, stateSize = 0 } = environment.reports.at(-1) ?? {}
  const names = await environment.blobs.list('')
  const sizes = await Promise.all(names.map(async (name) => (await environment.blobs.get(name))?.length ?? 0))
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6
  console.log(
    `cold load of ${stateSize.toLocaleString('en')} cells from ${megabytes.toFixed(0)} MB of snapshots (compressed) in memory: ${Math.round(ms)} ms, ` +
      `${totals.hourly?.onTime.toLocaleString('en')} records in them`,
  )
}

/** Keys spread over all there are, others in each batch. */
const spread = (keys: number, batch: number): number[] =>
  Array.from({ length: TOUCHED }, (_, n) => (((n * 7_919 + batch * 104_729) % keys) + keys) % keys)

const bytesOf = ({ entryBytes, blobBytes }: MeteredEnvironment) => ({ entries: entryBytes, blobs: blobBytes })

const median = (times: readonly number[]): number => times.toSorted((a, b) => a - b)[times.length >> 1] ?? 0

const average = (times: readonly number[]): number =>
  times.reduce((sum, time) => sum + time, 0) / times.length
