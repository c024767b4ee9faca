import { filter, type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, euros, timestamp } from '../auction-house.ts'

/** Bids between a million and fifty million euros, with the time of day and how often `c` is in their text. */
export const q14 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q14',
    events,
    bids,
    filter(({ price }) => price * 908 > 1_000_000_000 && price * 908 < 50_000_000_000),
    dynamodb.sink({
      table: 'nexmark-q14',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, bidder, price, dateTime, extra }) => ({
        auction,
        bidder,
        price: euros(price),
        bidTimeType: timeType(Number(dateTime.slice(11, 13))),
        dateTime: timestamp(dateTime),
        extra,
        c_counts: extra.split('c').length - 1,
      }),
    }),
  )

function timeType(hour: number): string {
  if (hour >= 8 && hour <= 18) return 'dayTime'
  return hour <= 6 || hour >= 20 ? 'nightTime' : 'otherTime'
}
