import { aggregate, keyBy, type Pipeline, pipeline, reduce, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids, dayOf } from '../auction-house.ts'
import { biddingCounts } from '../bidding.ts'

/** Bids, bidders and auctions of each day, all and by rank of the price. */
export const q15 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q15',
    events,
    bids,
    keyBy(({ dateTime }) => dayOf(dateTime)),
    reduce('days', { aggregate: aggregate(biddingCounts), ttl: 'forever' }),
    dynamodb.sink({ table: 'nexmark-q15', key: ['day'], item: ({ key, value }) => ({ day: key, ...value }) }),
  )
