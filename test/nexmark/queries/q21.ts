import { flatMap, type Pipeline, pipeline, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids } from '../auction-house.ts'

const KNOWN: Readonly<Record<string, string>> = { apple: '0', google: '1', facebook: '2', baidu: '3' }

const channelId = (channel: string, url: string): string | undefined =>
  KNOWN[channel.toLowerCase()] ?? /(?:&|^)channel_id=([^&]*)/.exec(url)?.[1]

/** Bids of channels whose id is known, or stands in the URL. */
export const q21 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q21',
    events,
    bids,
    flatMap(({ auction, bidder, price, channel, url }) => {
      const channel_id = channelId(channel, url)
      return channel_id === undefined ? [] : [{ auction, bidder, price, channel, channel_id }]
    }),
    dynamodb.sink({ table: 'nexmark-q21', mode: 'append', key: ['auction', 'id'], item: (bid) => bid }),
  )
