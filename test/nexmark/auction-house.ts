import { flatMap, json, type Stream } from 'millrace'
import * as kinesis from 'millrace/kinesis'
import * as z from 'zod'

const Person = z.object({
  id: z.number(),
  name: z.string(),
  emailAddress: z.string(),
  creditCard: z.string(),
  city: z.string(),
  state: z.string(),
  dateTime: z.string(),
  extra: z.string(),
})

const Auction = z.object({
  id: z.number(),
  itemName: z.string(),
  description: z.string(),
  initialBid: z.number(),
  reserve: z.number(),
  dateTime: z.string(),
  expires: z.string(),
  seller: z.number(),
  category: z.number(),
  extra: z.string(),
})

const Bid = z.object({
  auction: z.number(),
  bidder: z.number(),
  price: z.number(),
  channel: z.string(),
  url: z.string(),
  dateTime: z.string(),
  extra: z.string(),
})

export const AuctionEvent = z.discriminatedUnion('event_type', [
  z.object({ event_type: z.literal(0), person: Person }),
  z.object({ event_type: z.literal(1), auction: Auction }),
  z.object({ event_type: z.literal(2), bid: Bid }),
])

export type AuctionEvent = z.infer<typeof AuctionEvent>
export type Bid = z.infer<typeof Bid>

/** Bids, auctions and people come in one stream, at most 4 s out of order, and move one watermark. */
export const auctionHouse = (shards?: 1): Stream<AuctionEvent> =>
  kinesis.source({
    stream: 'nexmark',
    ...(shards && { shards }),
    codec: json(AuctionEvent),
    eventTime: timeOf,
    maxOutOfOrderness: '3999ms',
    batch: { size: 5000, interval: '1s' },
  })

export const bids = flatMap((event: AuctionEvent) => (event.event_type === 2 ? [event.bid] : []))

/** Epoch ms. */
export function timeOf(event: AuctionEvent): number {
  if (event.event_type === 2) return epochOf(event.bid.dateTime)
  return epochOf(event.event_type === 1 ? event.auction.dateTime : event.person.dateTime)
}

const epochOf = (dateTime: string): number => Date.parse(`${dateTime.replace(' ', 'T')}Z`)

/** A TIMESTAMP(3): events leave out the zeros at the end of a fraction, `00:00:00.01` is 10 ms. */
export const timestamp = (dateTime: string): string =>
  dateTime.length === 19 ? `${dateTime}.000` : dateTime.padEnd(23, '0')

/** Epoch ms as the same. */
export const timestampOf = (time: number): string =>
  new Date(time).toISOString().replace('T', ' ').replace('Z', '')

/** The day of a timestamp: `2015-07-15`. */
export const dayOf = (dateTime: string): string => dateTime.slice(0, 10)

/** A price in dollars as euros, a DECIMAL(23, 3): `0.908 * price`, exactly. */
export const euros = (price: number): string => {
  const thousandths = price * 908
  return `${Math.floor(thousandths / 1_000)}.${String(thousandths % 1_000).padStart(3, '0')}`
}
