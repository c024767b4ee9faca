import type { KinesisStreamEvent } from 'aws-lambda'
import * as z from 'zod'

const HOUR = 3_600_000
const Flight = z.object({ origin: z.string(), scheduled: z.iso.datetime(), delay: z.number() })

interface Item {
  readonly airport: string
  readonly hour: number
  readonly flights: number
  readonly meanDelay: number
  readonly worst: number
  readonly over15: number
}

interface Window {
  flights: number
  delays: number
  worst: number
  over15: number
}

interface Shard {
  watermark: number
  readonly hours: Map<number, Map<string, Window>>
}

/**
 * What one would write by hand for functions/airport-delays.ts on one long-lived machine: the same events,
 * the same zod schema, the same windows, and nothing else: no log, no order, no recovery, no counters.
 */
export function handWritten(): { handle(event: KinesisStreamEvent): void; readonly items: Item[] } {
  const shards = new Map<string, Shard>()
  const items: Item[] = []
  const fire = (hour: number, airport: string, { flights, delays, worst, over15 }: Window): void => {
    items.push({ airport, hour, flights, meanDelay: delays / flights, worst, over15: over15 / flights })
  }
  const close = (shard: Shard, watermark: number): void => {
    for (const [hour, airports] of [...shard.hours].sort(([a], [b]) => a - b)) {
      const last = hour + HOUR - 1
      if (last > shard.watermark && last <= watermark) {
        for (const airport of [...airports.keys()].sort())
          fire(hour, airport, airports.get(airport) as Window)
      }
      if (last + 3 * HOUR <= watermark) shard.hours.delete(hour)
    }
  }
  return {
    items,
    handle(event) {
      for (const { kinesis, eventID } of event.Records) {
        const shardId = eventID.slice(0, 20)
        let shard = shards.get(shardId)
        if (shard === undefined) {
          shard = { watermark: Number.NEGATIVE_INFINITY, hours: new Map() }
          shards.set(shardId, shard)
        }
        const parsed = Flight.safeParse(JSON.parse(Buffer.from(kinesis.data, 'base64').toString()))
        if (!parsed.success) continue
        const { scheduled, delay } = parsed.data
        const time = Date.parse(scheduled)
        if (time > kinesis.approximateArrivalTimestamp * 1_000 + HOUR) continue
        const hour = Math.floor(time / HOUR) * HOUR
        const last = hour + HOUR - 1
        if (last + 3 * HOUR > shard.watermark) {
          let airports = shard.hours.get(hour)
          if (airports === undefined) {
            airports = new Map()
            shard.hours.set(hour, airports)
          }
          let window = airports.get(kinesis.partitionKey)
          if (window === undefined) {
            window = { flights: 0, delays: 0, worst: delay, over15: 0 }
            airports.set(kinesis.partitionKey, window)
          }
          window.flights++
          window.delays += delay
          window.worst = Math.max(window.worst, delay)
          if (delay > 15) window.over15++
          if (last <= shard.watermark) fire(hour, kinesis.partitionKey, window)
        }
        const watermark = time - HOUR - 1
        if (watermark > shard.watermark) {
          close(shard, watermark)
          shard.watermark = watermark
        }
      }
    },
  }
}
