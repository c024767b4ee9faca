import { type Bid, timestamp, timestampOf } from '../../../test/nexmark/auction-house.ts'
import type { HandWritten } from './loop.ts'

const SECOND = 1_000

/** Counts by slide; a window adds up the five slides in it. */
export const q5: HandWritten = (emit) => {
  const [size, slide] = [10 * SECOND, 2 * SECOND]
  const slides = new Map<number, Map<number, number>>()
  /** end of the next window to close */
  let next = Number.POSITIVE_INFINITY
  const close = (end: number): void => {
    const counts = new Map<number, number>()
    let most = 0
    for (let start = end - size; start < end; start += slide) {
      for (const [auction, count] of slides.get(start) ?? []) {
        const total = (counts.get(auction) ?? 0) + count
        counts.set(auction, total)
        most = Math.max(most, total)
      }
    }
    for (const [auction, num] of counts) if (num === most) emit({ auction, num })
    slides.delete(end - size)
  }
  return {
    bid({ auction }, time, watermark) {
      const start = Math.floor(time / slide) * slide
      if (start + size - 1 <= watermark) return
      let counts = slides.get(start)
      if (counts === undefined) {
        counts = new Map()
        slides.set(start, counts)
        if (start + slide > watermark) next = Math.min(next, start + slide)
      }
      counts.set(auction, (counts.get(auction) ?? 0) + 1)
    },
    advance(watermark) {
      for (; next - 1 <= watermark && slides.size > 0; next += slide) close(next)
      if (slides.size === 0) next = Number.POSITIVE_INFINITY
    },
  }
}

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

interface Session {
  start: number
  end: number
  count: number
}

export const q11: HandWritten = (emit) => {
  const gap = 10 * SECOND
  const sessions = new Map<number, Session[]>()
  let due = Number.POSITIVE_INFINITY
  return {
    bid({ bidder }, time, watermark) {
      const open = sessions.get(bidder) ?? []
      const merged = { start: time, end: time + gap, count: 1 }
      const rest = open.filter((session) => {
        if (session.start > merged.end || session.end < merged.start) return true
        merged.start = Math.min(merged.start, session.start)
        merged.end = Math.max(merged.end, session.end)
        merged.count += session.count
        return false
      })
      if (merged.end - 1 <= watermark) return
      rest.push(merged)
      sessions.set(bidder, rest)
      due = Math.min(due, merged.end - 1)
    },
    advance(watermark) {
      if (watermark < due) return
      due = Number.POSITIVE_INFINITY
      for (const [bidder, open] of sessions) {
        const rest = open.filter(({ start, end, count }) => {
          if (end - 1 > watermark) {
            due = Math.min(due, end - 1)
            return true
          }
          emit({ bidder, bid_count: count, starttime: timestampOf(start), endtime: timestampOf(end) })
          return false
        })
        if (rest.length === 0) sessions.delete(bidder)
        else sessions.set(bidder, rest)
      }
    },
  }
}
