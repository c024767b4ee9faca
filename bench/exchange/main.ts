import { arrivalOrder, arrivingFlights } from '../../examples/flights/arrivals.ts'
import { byDestination } from '../../examples/flights/by-destination.ts'
import { readFlights } from '../../examples/flights/columns.ts'
import { recordOf } from '../../examples/flights/records.ts'
import type { ShardAccess, ShardRecord } from '../../lib/core/shards.ts'
import { lambda, type StreamHandler } from '../../lib/index.ts'
import type { StateStore } from '../../lib/state/store.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { ShardFeed } from '../../lib/testing/shard-feed.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'

const FLIGHTS = 200_000
const SHARDS = 4
const BATCH = 5_000
const EXCHANGE = 'by-destination.by-destination'

/** https://aws.amazon.com/kinesis/data-streams/pricing/: a PUT payload unit is 25 KB of a record */
const PUT_UNIT = 25_600
/** A write unit of DynamoDB is 1 KB of an item. */
const WRITE_UNIT = 1_024

interface Meter {
  writes: number
  bytes: number
  units: number
}

const newMeter = (): Meter => ({ writes: 0, bytes: 0, units: 0 })

function count(meter: Meter, bytes: number, unit: number): void {
  meter.writes++
  meter.bytes += bytes
  meter.units += Math.ceil(bytes / unit)
}

/** An environment in memory that measures what goes into the logs of both stages and into the exchange. */
class Metered extends MemoryEnvironment {
  readonly sender = newMeter()
  readonly receiver = newMeter()
  readonly exchange = newMeter()

  constructor() {
    super(new VirtualClock())
    const { store, shards }: { store: StateStore; shards: ShardAccess } = this
    const append = store.append.bind(store)
    store.append = (task, entry, ringSize) => {
      count(task.includes('/source/') ? this.sender : this.receiver, entry.body.length, WRITE_UNIT)
      return append(task, entry, ringSize)
    }
    const put = shards.put.bind(shards)
    shards.put = (stream: string, records: readonly ShardRecord[]) => {
      for (const { data, partitionKey } of records) {
        count(this.exchange, data.length + partitionKey.length, PUT_UNIT)
      }
      return put(stream, records)
    }
  }
}

/** What an exchange costs: the flights by destination, in batches of 5,000, over 4 shards and 4 of the exchange. */
export async function exchange(): Promise<void> {
  const columns = await readFlights()
  const environment = new Metered()
  const { streams } = environment
  for (const stream of ['flights', EXCHANGE]) streams.create(stream, { shards: SHARDS })
  const handler = lambda(byDestination())
  handler.connect(environment)
  const records = Array.from(arrivingFlights(columns, arrivalOrder(columns), FLIGHTS), recordOf)
  const feeds = ['flights', EXCHANGE].map((stream) =>
    streams.describe(stream).shards.map(({ shardId }) => new ShardFeed(streams, stream, shardId)),
  )
  for (let from = 0; from < records.length; from += SHARDS * BATCH) {
    streams.put('flights', records.slice(from, from + SHARDS * BATCH))
    await deliver(handler, feeds)
  }
  const source = records.reduce((sum, { data, partitionKey }) => sum + data.length + partitionKey.length, 0)
  const perThousand = (n: number): string => ((1_000 * n) / FLIGHTS).toFixed(2)
  console.log(`per 1,000 records, of ${FLIGHTS} records of ${Math.round(source / FLIGHTS)} bytes:`)
  for (const [name, { writes, bytes, units }] of [
    ['log of the sending stage, write units', environment.sender],
    ['exchange, PUT payload units', environment.exchange],
    ['log of the receiving stage, write units', environment.receiver],
  ] as const) {
    console.log(
      `${perThousand(units)} ${name} (${perThousand(writes)} writes, ${perThousand(bytes)} bytes, ${((100 * bytes) / source).toFixed(1)} % of the records' own)`,
    )
  }
}

async function deliver(handler: StreamHandler, feeds: readonly (readonly ShardFeed[])[]): Promise<void> {
  for (const feed of feeds.flat()) await feed.deliver(handler, BATCH)
}
