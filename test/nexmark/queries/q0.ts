import { type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, timestamp } from '../auction-house.ts'

/** Every bid as it is: what the way through costs. */
export const q0 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q0',
    events,
    bids,
    dynamodb.sink({
      table: 'nexmark-q0',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, bidder, price, dateTime, extra }) => ({
        auction,
        bidder,
        price,
        dateTime: timestamp(dateTime),
        extra,
      }),
    }),
  )
