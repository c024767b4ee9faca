import { parseArgs } from 'node:util'
import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { lambda } from '../../lib/runtime/handler.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { auctionHouse } from '../../test/nexmark/auction-house.ts'
import { type Query, queries } from '../../test/nexmark/queries/index.ts'
import { collectingEnvironment } from './collecting-environment.ts'
import { handWrittenQueries } from './hand-written/index.ts'
import { handWritten } from './hand-written/loop.ts'
import { lambdaEvents } from './lambda-events.ts'
import { finalRows, rowsOf } from './rows.ts'

const END = {
  millrace: { stream: 'nexmark', shardId: 'shardId-000000000000', watermark: Number.MAX_SAFE_INTEGER },
}

/** Events per ms of time, and of the whole process' CPU time: the second is the steadier on a busy machine. */
interface Speed {
  readonly wall: number
  readonly cpu: number
}

/**
 * Events per second of each query's handler (state log, outbox, a sink that keeps what it gets) and of a
 * hand-written loop, over the same Lambda events in one process, turn by turn; both must make the same rows.
 */
export async function nexmark(args: readonly string[]): Promise<void> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: {
      events: { type: 'string', default: '100000' },
      rate: { type: 'string', default: '1000' },
      batch: { type: 'string', default: '5000' },
      rounds: { type: 'string', default: '5' },
    },
  })
  const set = { events: Number(values.events), rate: Number(values.rate) }
  const events = lambdaEvents(set, Number(values.batch))
  console.log(
    `${set.events} events, ${set.rate} a second of event time, batches of ${values.batch}; thousand events/s`,
  )
  console.log(
    'query handler   by hand   ratio by time         ratio by CPU time; medians (and ranges) of the rounds',
  )
  for (const query of Object.keys(queries).filter(isQuery)) {
    if (positionals.length > 0 && !positionals.includes(query)) continue
    await expectSameRows(query, events)
    const rounds: [handler: Speed, loop: Speed][] = []
    for (let round = 0; round < Number(values.rounds); round++) {
      const loop = byHand(query, events)
      rounds.push([await byHandler(query, events), loop])
    }
    const speeds = [0, 1].map((side) => median(rounds.map((round) => round[side]?.wall ?? 0)).toFixed(0))
    const columns = [
      ...speeds.map((speed) => speed.padStart(7)),
      ratioOf('wall', rounds),
      ratioOf('cpu', rounds),
    ]
    console.log(`${query.padEnd(5)} ${columns.join('   ')}`)
  }
}

/** The handler's speed by the loop's: median, smallest and largest of the rounds. */
function ratioOf(clock: keyof Speed, rounds: readonly (readonly [handler: Speed, loop: Speed])[]): string {
  const ratios = rounds.map(([handler, loop]) => handler[clock] / loop[clock]).sort((a, b) => a - b)
  return `${median(ratios).toFixed(2)} (${ratios[0]?.toFixed(2)} to ${ratios.at(-1)?.toFixed(2)})`
}

const isQuery = (name: string): name is Query => Object.hasOwn(queries, name)

async function byHandler(query: Query, events: readonly KinesisStreamEvent[]): Promise<Speed> {
  const handler = lambda(queries[query](auctionHouse(1)))
  handler.connect(collectingEnvironment())
  const measured = startMeasuring(events)
  for (const event of events) await handler(event, {} as Context)
  return measured()
}

function byHand(query: Query, events: readonly KinesisStreamEvent[]): Speed {
  const loop = handWritten(handWrittenQueries[query])
  const measured = startMeasuring(events)
  for (const event of events) loop.handle(event)
  return measured()
}

function startMeasuring(events: readonly KinesisStreamEvent[]): () => Speed {
  const records = recordsOf(events)
  const [started, usage] = [performance.now(), process.cpuUsage()]
  return () => {
    const { user, system } = process.cpuUsage(usage)
    return { wall: records / (performance.now() - started), cpu: records / ((user + system) / 1_000) }
  }
}

const recordsOf = (events: readonly KinesisStreamEvent[]): number =>
  events.reduce((sum, { Records }) => sum + Records.length, 0)

function median(numbers: readonly number[]): number {
  const sorted = numbers.toSorted((a, b) => a - b)
  return sorted[Math.floor(sorted.length / 2)] ?? Number.NaN
}

/** A measurement of something else is none. */
async function expectSameRows(query: Query, events: readonly KinesisStreamEvent[]): Promise<void> {
  const pipeline = queries[query](auctionHouse(1))
  const handler = lambda(pipeline)
  const environment = new MemoryEnvironment(new VirtualClock())
  environment.streams.create(END.millrace.stream, { shards: 1 })
  handler.connect(environment)
  for (const event of events) await handler(event, {} as Context)
  await handler(END, {} as Context)
  const loop = handWritten(handWrittenQueries[query])
  for (const event of events) loop.handle(event)
  loop.end()
  for (const { target } of pipeline.sinks) {
    const [ours, byHand] = [
      rowsOf(environment.openSink(target).items(), target),
      finalRows(loop.rows, target),
    ]
    if (ours.join('\n') === byHand.join('\n')) continue
    throw new Error(
      `${query}: the handler made ${ours.length} rows, the loop ${byHand.length}, and they differ`,
    )
  }
}
