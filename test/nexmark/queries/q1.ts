import { type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, euros, timestamp } from '../auction-house.ts'

/** Every bid, its price in euros. */
export const q1 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q1',
    events,
    bids,
    dynamodb.sink({
      table: 'nexmark-q1',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, bidder, price, dateTime, extra }) => ({
        auction,
        bidder,
        price: euros(price),
        dateTime: timestamp(dateTime),
        extra,
      }),
    }),
  )
