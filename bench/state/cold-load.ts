import { createHash } from 'node:crypto'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { KeyedEvents, spread } from './keyed-events.ts'
import { keyed } from './keyed-handler.ts'
import { MeteredEnvironment } from './metered-environment.ts'

const KEYS = 4_200_000
const FILL = 10_000

/** What a sandbox pays that has nothing in memory: the first batch, of 1,000 records, over 100 MB of state. */
export async function coldLoad(): Promise<void> {
  const { environment, event } = await filled()
  const handler = keyed()
  handler.connect(environment)
  const [started, cpu] = [performance.now(), process.cpuUsage()]
  await handler(event, {} as Context)
  const seconds = (performance.now() - started) / 1_000
  const { user, system } = process.cpuUsage(cpu)
  const cpuSeconds = (user + system) / 1e6
  const { totals = {}, stateSize = 0 } = environment.reports.at(-1) ?? {}
  const names = await environment.blobs.list('')
  const sizes = await Promise.all(names.map(async (name) => (await environment.blobs.get(name))?.length ?? 0))
  const megabytes = sizes.reduce((sum, size) => sum + size, 0) / 1e6
  console.log(
    `cold load of ${stateSize.toLocaleString('en')} cells, ${megabytes.toFixed(0)} MB in ${sizes.length} blobs in memory: ` +
      `${seconds.toFixed(1)} s, ${(megabytes / seconds).toFixed(1)} MB/s; ${cpuSeconds.toFixed(1)} s of CPU, ${(megabytes / cpuSeconds).toFixed(1)} MB/s; ` +
      `${totals.hourly?.onTime.toLocaleString('en')} records in them`,
  )
}

/** The log of a task with all the keys, and the batch that comes next; the handler that filled it is gone with its memory. */
async function filled(): Promise<{ environment: MeteredEnvironment; event: KinesisStreamEvent }> {
  const environment = new MeteredEnvironment()
  environment.streams.create('keys', { shards: 1 })
  const filler = keyed()
  filler.connect(environment)
  // Neither keys nor values compress.
  const events = new KeyedEvents((key) => createHash('sha1').update(`${key}`).digest('base64'), Math.random)
  for (let from = 0; from < KEYS; from += FILL) {
    await filler(events.batch(Array.from({ length: FILL }, (_, n) => from + n)), {} as Context)
  }
  return { environment, event: events.batch(spread(KEYS, 7)) }
}
