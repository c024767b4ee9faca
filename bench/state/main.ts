import type { Context } from 'aws-lambda'
import type { StreamHandler } from '../../lib/index.ts'
import { coldLoad } from './cold-load.ts'
import { KeyedEvents, spread, TOUCHED } from './keyed-events.ts'
import { keyed } from './keyed-handler.ts'
import { median } from './median.ts'
import { MeteredEnvironment } from './metered-environment.ts'
import { PlainMap } from './plain-map.ts'

const BATCHES = 315
const SIZES = [10_000, 1_000_000] as const
const FILL = 10_000

interface Subject {
  readonly keys: number
  readonly handler: StreamHandler
  readonly events: KeyedEvents
  readonly environment: MeteredEnvironment
  readonly times: number[]
  readonly plain: PlainMap
}

/**
 * What a batch that touches 1,000 keys costs with 10,000 and with 1,000,000 keys in state, turn by turn in
 * one process; snapshots included. A plain Map of as many keys tells how much of it is the machine's memory.
 * Then what a sandbox pays that must load 100 MB.
 * @param args `cold`: only the load; `touched`: only the rest
 */
export async function state([part]: readonly string[]): Promise<void> {
  if (part !== 'cold') await touched()
  if (part !== 'touched') await coldLoad()
}

async function touched(): Promise<void> {
  const subjects = await Promise.all(SIZES.map(filled))
  const written = subjects.map(({ environment }) => ({ ...bytesOf(environment) }))
  for (let batch = 0; batch < BATCHES; batch++) {
    for (const { handler, events, keys, times, plain } of subjects) {
      const event = events.batch(spread(keys, batch))
      // Of the process, not of the clock: others on the machine must not count.
      const started = process.cpuUsage()
      await handler(event, {} as Context)
      const { user, system } = process.cpuUsage(started)
      times.push((user + system) / 1_000)
      plain.time(events.batch(spread(keys, batch)))
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
  const [few, many] = [small.plain.median, large.plain.median]
  console.log(
    `a loop over a plain Map: ${few.toFixed(2)} and ${many.toFixed(2)} ms, ratio of medians ${(many / few).toFixed(2)}; ` +
      `the handler's 1,000,000 keys cost ${((median(large.times) - median(small.times)) / (many - few)).toFixed(2)} times what the Map's do`,
  )
}

async function filled(keys: number): Promise<Subject> {
  const environment = new MeteredEnvironment()
  environment.streams.create('keys', { shards: 1 })
  const handler = keyed()
  handler.connect(environment)
  const events = new KeyedEvents()
  const plain = new PlainMap()
  for (let from = 0; from < keys; from += FILL) {
    const event = events.batch(Array.from({ length: Math.min(FILL, keys - from) }, (_, n) => from + n))
    await handler(event, {} as Context)
    plain.fill(event)
  }
  // Beyond the ring, so that the first snapshot of it all is not part of the measurement.
  for (let batch = 0; batch < 64; batch++)
    await handler(events.batch(spread(keys, -1 - batch)), {} as Context)
  return { keys, handler, events, environment, times: [], plain }
}

const bytesOf = ({ entryBytes, blobBytes }: MeteredEnvironment) => ({ entries: entryBytes, blobs: blobBytes })

const average = (times: readonly number[]): number =>
  times.reduce((sum, time) => sum + time, 0) / times.length
