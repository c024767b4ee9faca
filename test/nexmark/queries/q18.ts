import { keyBy, last, type Pipeline, pipeline, reduce, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, timestamp } from '../auction-house.ts'

/** The last bid of each bidder for each auction. */
export const q18 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q18',
    events,
    bids,
    keyBy(({ bidder, auction }) => `${bidder}/${auction}`),
    reduce('last-bids', { aggregate: last((bid) => bid), ttl: 'forever' }),
    dynamodb.sink({
      table: 'nexmark-q18',
      key: ['bidder', 'auction'],
      item: ({ value: { auction, bidder, price, channel, url, dateTime, extra } }) => ({
        auction,
        bidder,
        price,
        channel,
        url,
        dateTime: timestamp(dateTime),
        extra,
      }),
    }),
  )
