import { aggregate, keyBy, max, min, type Pipeline, pipeline, reduce, type Stream, sum } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, type Bid, bids, dayOf } from '../auction-house.ts'
import { bidCounts } from '../bidding.ts'

const price = (bid: Bid): number => bid.price

/** Bids of each auction and day, with the lowest, highest, average and total price. */
export const q17 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q17',
    events,
    bids,
    keyBy(({ auction, dateTime }) => `${dayOf(dateTime)} ${auction}`),
    reduce('auctions', {
      aggregate: aggregate({
        ...bidCounts,
        min_price: min(price),
        max_price: max(price),
        sum_price: sum(price),
      }),
      ttl: 'forever',
    }),
    dynamodb.sink({
      table: 'nexmark-q17',
      key: ['auction', 'day'],
      item: ({ key, value: { sum_price, ...counts } }) => ({
        auction: Number(key.slice(11)),
        day: dayOf(key),
        ...counts,
        // AVG of BIGINT leaves the fraction out.
        avg_price: Math.trunc(sum_price / counts.total_bids),
        sum_price,
      }),
    }),
  )
