import type { Context } from 'aws-lambda'
import { describe, expect, test } from 'vitest'
import { Meter } from '../../bench/cost/meter.ts'
import { flightEvents } from '../../bench/flights/events.ts'
import { handler as airportDelays } from '../../functions/airport-delays.ts'
import { openDatabase } from '../../lib/local/database.ts'
import { dynamodbEnvironment } from '../../lib/local/dynamodb-environment.ts'
import { localEnvironment } from '../../lib/local/local-environment.ts'
import { LocalStreams } from '../../lib/local/streams.ts'
import type { StreamHandler } from '../../lib/runtime/handler.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { systemClock } from '../../lib/time/clock.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'

// What DynamoDB says that calls consume. Sinks and snapshots have prices of their own.

const server = dynamodbServer()

async function metered(handler: StreamHandler) {
  const meter = new Meter()
  const stateTable = await server.stateTable()
  const database = openDatabase(':memory:')
  new LocalStreams(database).create('flights', { shards: 4 })
  const connect = () =>
    handler.connect({
      ...dynamodbEnvironment(database, systemClock, {
        client: server.client,
        stateTable,
        onConsumed: meter.onConsumed,
      }),
      blobs,
      openSink: localEnvironment(database, systemClock).openSink,
    })
  const blobs = new MemoryBlobStore()
  connect()
  return { of: () => meter.of(stateTable), connect }
}

/** Batches of 5,000 flights of one shard, and those left over. */
async function batches(flights: number) {
  const events = []
  for await (const block of flightEvents(flights)) events.push(...block)
  const [shard] = events
  const id = shard?.Records[0]?.eventID.split(':')[0] ?? ''
  return events.filter(({ Records }) => Records[0]?.eventID.startsWith(id) && Records.length === 5_000)
}

describe('airport-delays, at 5,000 records a batch', async () => {
  const events = await batches(200_000)

  test('costs at most 2 write units per 1,000 records, and in a warm sandbox one write a batch and no read', async () => {
    const { of } = await metered(airportDelays)
    const [first, ...rest] = events
    if (first === undefined) throw new Error('no batch')
    await airportDelays(first, {} as Context)
    const before = of()
    for (const event of rest) await airportDelays(event, {} as Context)
    const after = of()
    expect(rest.length).toBeGreaterThan(4)
    expect(after.writes - before.writes).toBe(rest.length)
    expect([after.reads - before.reads, after.readUnits - before.readUnits]).toEqual([0, 0])
    const units = after.writeUnits - before.writeUnits
    expect(units / (rest.length * 5)).toBeLessThanOrEqual(2)
    expect(units).toBeGreaterThanOrEqual(rest.length)
  })

  test('a batch that is delivered again writes nothing, in a warm sandbox', async () => {
    const { of } = await metered(airportDelays)
    for (const event of events.slice(0, 3)) await airportDelays(event, {} as Context)
    const before = of()
    for (const event of events.slice(0, 3)) await airportDelays(event, {} as Context)
    expect(of()).toEqual(before)
  })

  test('in a sandbox that has to load it writes the mark of delivery, and no entry', async () => {
    const { of, connect } = await metered(airportDelays)
    for (const event of events.slice(0, 3)) await airportDelays(event, {} as Context)
    const before = of()
    connect()
    for (const event of events.slice(0, 3)) await airportDelays(event, {} as Context)
    const { writes, writeUnits } = of()
    expect([writes - before.writes, writeUnits - before.writeUnits]).toEqual([1, 1])
    const marked = of()
    connect()
    await airportDelays(events[2] ?? (events[0] as never), {} as Context)
    expect(of().writes).toBe(marked.writes)
  })
})
