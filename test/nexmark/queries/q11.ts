import { count, keyBy, type Pipeline, pipeline, type Stream, session, window } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, timestampOf } from '../auction-house.ts'

/** How many bids each bidder made until ten seconds passed without one. */
export const q11 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q11',
    events,
    bids,
    keyBy(({ bidder }) => String(bidder)),
    window('sessions', { over: session('10s'), aggregate: count(), late: 'drop' }),
    dynamodb.sink({
      table: 'nexmark-q11',
      key: ['bidder', 'starttime'],
      item: ({ key, start, end, value }) => ({
        bidder: Number(key),
        bid_count: value,
        starttime: timestampOf(start),
        endtime: timestampOf(end),
      }),
    }),
  )
