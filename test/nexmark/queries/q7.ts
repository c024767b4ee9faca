import { flatMap, keyBy, type Pipeline, pipeline, type Stream, tumbling, window } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, timestamp } from '../auction-house.ts'
import { leaders } from '../leaders.ts'

/** The highest bids of every ten seconds. */
export const q7 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q7',
    events,
    bids,
    keyBy(() => 'all auctions'),
    window('highest', { over: tumbling('10s'), aggregate: leaders(({ price }) => price), late: 'drop' }),
    flatMap(({ value }) => value),
    dynamodb.sink({
      table: 'nexmark-q7',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, price, bidder, dateTime, extra }) => ({
        auction,
        price,
        bidder,
        dateTime: timestamp(dateTime),
        extra,
      }),
    }),
  )
