import { keyBy, type Pipeline, pipeline, type Stream, topN } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, timestamp } from '../auction-house.ts'

/** The ten highest bids of each auction. */
export const q19 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q19',
    events,
    bids,
    keyBy(({ auction }) => String(auction)),
    topN('highest', { n: 10, by: ({ price }) => price, ttl: 'forever' }),
    dynamodb.sink({
      table: 'nexmark-q19',
      key: ['auction', 'rank_number'],
      item: ({ rank, value: { auction, bidder, price, channel, url, dateTime, extra } }) => ({
        auction,
        bidder,
        price,
        channel,
        url,
        dateTime: timestamp(dateTime),
        extra,
        rank_number: rank,
      }),
    }),
  )
