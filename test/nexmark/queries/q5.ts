import {
  count,
  flatMap,
  keyBy,
  type Pipeline,
  pipeline,
  type Stream,
  sliding,
  tumbling,
  window,
} from 'millrace'
import * as dynamodb from 'millrace/dynamodb'
import { type AuctionEvent, bids } from '../auction-house.ts'
import { leaders } from '../leaders.ts'

/** The auctions with the most bids of the last ten seconds, every two seconds. */
export const q5 = (events: Stream<AuctionEvent>): Pipeline =>
  pipeline(
    'q5',
    events,
    bids,
    keyBy(({ auction }) => String(auction)),
    window('bids', { over: sliding('10s', '2s'), aggregate: count(), late: 'drop' }),
    // A pane is as old as its window's end: those of one end are together in a window as long as the slide.
    keyBy(() => 'all auctions'),
    window('hottest', { over: tumbling('2s'), aggregate: leaders(({ value }) => value) }),
    flatMap(({ value }) => value),
    dynamodb.sink({
      table: 'nexmark-q5',
      mode: 'append',
      key: ['auction', 'id'],
      item: ({ key, value }) => ({ auction: Number(key), num: value }),
    }),
  )
