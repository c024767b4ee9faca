import { type Bid, timestamp } from '../../../test/nexmark/auction-house.ts'
import type { HandWritten } from './loop.ts'

const SECOND = 1_000

export const q7: HandWritten = (emit) => {
  const size = 10 * SECOND
  const windows = new Map<number, Bid[]>()
  let due = Number.POSITIVE_INFINITY
  return {
    bid(bid, time, watermark) {
      const start = Math.floor(time / size) * size
      if (start + size - 1 <= watermark) return
      const best = windows.get(start)
      if (best === undefined) {
        windows.set(start, [bid])
        due = Math.min(due, start + size - 1)
      } else if (bid.price > (best[0]?.price ?? 0)) windows.set(start, [bid])
      else if (bid.price === best[0]?.price) best.push(bid)
    },
    advance(watermark) {
      if (watermark < due) return
      due = Number.POSITIVE_INFINITY
      for (const [start, best] of [...windows].sort(([a], [b]) => a - b)) {
        if (start + size - 1 > watermark) {
          due = Math.min(due, start + size - 1)
          continue
        }
        for (const { auction, price, bidder, dateTime, extra } of best) {
          emit({ auction, price, bidder, dateTime: timestamp(dateTime), extra })
        }
        windows.delete(start)
      }
    },
  }
}
