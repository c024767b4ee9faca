import { type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids } from '../auction-house.ts'

/** Every bid with the folders of its URL. */
export const q22 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q22',
    events,
    bids,
    dynamodb.sink({
      table: 'nexmark-q22',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ auction, bidder, price, channel, url }) => {
        const [, , , dir1, dir2, dir3] = url.split('/')
        return { auction, bidder, price, channel, dir1, dir2, dir3 }
      },
    }),
  )
