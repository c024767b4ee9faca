import { type Bid, dayOf } from '../../../test/nexmark/auction-house.ts'
import type { HandWritten } from './loop.ts'
import { rowOf } from './rows.ts'

/** A row of a table that each batch writes anew, once, if it has changed. */
function table<Row>(emit: (row: object) => void, create: () => Row, item: (key: string, row: Row) => object) {
  const rows = new Map<string, Row>()
  const changed = new Map<string, Row>()
  return {
    change(key: string): Row {
      let row = rows.get(key)
      if (row === undefined) {
        row = create()
        rows.set(key, row)
      }
      changed.set(key, row)
      return row
    },
    flush(): void {
      for (const [key, row] of changed) emit(item(key, row))
      changed.clear()
    },
  }
}

const RANKS = 3
const rankOf = (price: number): number => (price < 10_000 ? 0 : price < 1_000_000 ? 1 : 2)

class Bidding {
  minute = ''
  readonly bids = [0, 0, 0]
  readonly #bidders = Array.from({ length: RANKS + 1 }, () => new Set<number>())
  readonly #auctions = Array.from({ length: RANKS + 1 }, () => new Set<number>())

  add({ price, bidder, auction }: Bid): void {
    const rank = rankOf(price)
    this.bids[rank] = (this.bids[rank] ?? 0) + 1
    this.#bidders[rank]?.add(bidder)
    this.#bidders[RANKS]?.add(bidder)
    this.#auctions[rank]?.add(auction)
    this.#auctions[RANKS]?.add(auction)
  }

  row(): object {
    const [one = 0, two = 0, three = 0] = this.bids
    const [bidders, auctions] = [this.#bidders, this.#auctions]
    return {
      total_bids: one + two + three,
      rank1_bids: one,
      rank2_bids: two,
      rank3_bids: three,
      total_bidders: bidders[RANKS]?.size,
      rank1_bidders: bidders[0]?.size,
      rank2_bidders: bidders[1]?.size,
      rank3_bidders: bidders[2]?.size,
      total_auctions: auctions[RANKS]?.size,
      rank1_auctions: auctions[0]?.size,
      rank2_auctions: auctions[1]?.size,
      rank3_auctions: auctions[2]?.size,
    }
  }
}

export const q15: HandWritten = (emit) => {
  const days = table(
    emit,
    () => new Bidding(),
    (day, bidding) => ({ day, ...bidding.row() }),
  )
  return { bid: (bid) => days.change(dayOf(bid.dateTime)).add(bid), flush: days.flush }
}

export const q16: HandWritten = (emit) => {
  const channels = table(
    emit,
    () => new Bidding(),
    (key, bidding) => ({
      channel: key.slice(11),
      day: dayOf(key),
      minute: bidding.minute,
      ...bidding.row(),
    }),
  )
  return {
    bid(bid) {
      const bidding = channels.change(`${dayOf(bid.dateTime)} ${bid.channel}`)
      const minute = bid.dateTime.slice(11, 16)
      if (minute > bidding.minute) bidding.minute = minute
      bidding.add(bid)
    },
    flush: channels.flush,
  }
}

export const q17: HandWritten = (emit) => {
  const auctions = table(
    emit,
    () => ({ bids: [0, 0, 0], min: Number.POSITIVE_INFINITY, max: 0, sum: 0 }),
    (key, { bids: [one = 0, two = 0, three = 0], min, max, sum }) => ({
      auction: Number(key.slice(11)),
      day: dayOf(key),
      total_bids: one + two + three,
      rank1_bids: one,
      rank2_bids: two,
      rank3_bids: three,
      min_price: min,
      max_price: max,
      avg_price: Math.trunc(sum / (one + two + three)),
      sum_price: sum,
    }),
  )
  return {
    bid({ auction, dateTime, price }) {
      const row = auctions.change(`${dayOf(dateTime)} ${auction}`)
      const rank = rankOf(price)
      row.bids[rank] = (row.bids[rank] ?? 0) + 1
      row.min = Math.min(row.min, price)
      row.max = Math.max(row.max, price)
      row.sum += price
    },
    flush: auctions.flush,
  }
}

export const q18: HandWritten = (emit) => {
  const last = table(
    emit,
    (): { bid: Bid | undefined; time: number } => ({ bid: undefined, time: Number.NEGATIVE_INFINITY }),
    (_, { bid }) => (bid === undefined ? {} : rowOf(bid)),
  )
  return {
    bid(bid, time) {
      const row = last.change(`${bid.bidder}/${bid.auction}`)
      if (time < row.time) return
      row.bid = bid
      row.time = time
    },
    flush: last.flush,
  }
}

export const q19: HandWritten = (emit) => {
  const best = new Map<number, Bid[]>()
  /** for each auction, the best rank that has changed, from 0 */
  const changed = new Map<number, number>()
  return {
    bid(bid) {
      let ranking = best.get(bid.auction)
      if (ranking === undefined) {
        ranking = []
        best.set(bid.auction, ranking)
      }
      let rank = ranking.length
      while (rank > 0 && (ranking[rank - 1]?.price ?? 0) < bid.price) rank--
      if (rank >= 10) return
      ranking.splice(rank, 0, bid)
      if (ranking.length > 10) ranking.pop()
      changed.set(bid.auction, Math.min(rank, changed.get(bid.auction) ?? rank))
    },
    flush() {
      for (const [auction, from] of changed) {
        for (const [rank, bid] of best.get(auction)?.entries() ?? []) {
          if (rank >= from) emit({ ...rowOf(bid), rank_number: rank + 1 })
        }
      }
      changed.clear()
    },
  }
}
