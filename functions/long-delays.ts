import { filter, json, lambda, map, pipeline } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import * as kinesis from 'millrace/kinesis'
import * as z from 'zod'

const Flight = z.object({
  origin: z.string(),
  destination: z.string(),
  scheduled: z.iso.datetime(),
  delay: z.number(),
})

export const handler = lambda(
  pipeline(
    'long-delays',
    kinesis.source({ stream: 'flights', codec: json(Flight), batch: { size: 5000, interval: '1s' } }),
    filter((flight) => flight.delay >= 600),
    map((flight) => ({ ...flight, hours: Math.floor(flight.delay / 60) })),
    dynamodb.sink({ table: 'long-delays', mode: 'append', key: ['origin', 'id'], item: (flight) => flight }),
  ),
)
