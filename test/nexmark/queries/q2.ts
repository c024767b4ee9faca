import { filter, type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids } from '../auction-house.ts'

/** The bids of one auction out of 123. */
export const q2 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q2',
    events,
    bids,
    filter(({ auction }) => auction % 123 === 0),
    dynamodb.sink({
      table: 'nexmark-q2',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, price }) => ({ auction, price }),
    }),
  )
