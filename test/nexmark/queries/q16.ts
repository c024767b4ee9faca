import { aggregate, keyBy, max, type Pipeline, pipeline, reduce, type Stream } from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, type Bid, bids, dayOf } from '../auction-house.ts'
import { biddingCounts } from '../bidding.ts'

const minuteOfDay = ({ dateTime }: Bid): number =>
  60 * Number(dateTime.slice(11, 13)) + Number(dateTime.slice(14, 16))

const clock = (minute: number): string =>
  `${String(Math.floor(minute / 60)).padStart(2, '0')}:${String(minute % 60).padStart(2, '0')}`

/** The same by channel and day, with the minute of the last bid. */
export const q16 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q16',
    events,
    bids,
    keyBy(({ channel, dateTime }) => `${dayOf(dateTime)} ${channel}`),
    reduce('channels', {
      aggregate: aggregate({ minute: max(minuteOfDay), ...biddingCounts }),
      ttl: 'forever',
    }),
    dynamodb.sink({
      table: 'nexmark-q16',
      key: ['channel', 'day'],
      item: ({ key, value }) => ({
        channel: key.slice(11),
        day: dayOf(key),
        ...value,
        minute: clock(value.minute),
      }),
    }),
  )
