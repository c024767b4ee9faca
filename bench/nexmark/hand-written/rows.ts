import { type Bid, euros, timestamp } from '../../../test/nexmark/auction-house.ts'
import type { HandWritten } from './loop.ts'

export const q0: HandWritten = (emit) => ({
  bid: ({ auction, bidder, price, dateTime, extra }) =>
    emit({ auction, bidder, price, dateTime: timestamp(dateTime), extra }),
})

export const q1: HandWritten = (emit) => ({
  bid: ({ auction, bidder, price, dateTime, extra }) =>
    emit({ auction, bidder, price: euros(price), dateTime: timestamp(dateTime), extra }),
})

export const q2: HandWritten = (emit) => ({
  bid({ auction, price }) {
    if (auction % 123 === 0) emit({ auction, price })
  },
})

export const q14: HandWritten = (emit) => ({
  bid({ auction, bidder, price, dateTime, extra }) {
    if (price * 908 <= 1_000_000_000 || price * 908 >= 50_000_000_000) return
    const hour = Number(dateTime.slice(11, 13))
    const day = hour >= 8 && hour <= 18
    const night = hour <= 6 || hour >= 20
    emit({
      auction,
      bidder,
      price: euros(price),
      bidTimeType: day ? 'dayTime' : night ? 'nightTime' : 'otherTime',
      dateTime: timestamp(dateTime),
      extra,
      c_counts: extra.split('c').length - 1,
    })
  },
})

const KNOWN = new Map([
  ['apple', '0'],
  ['google', '1'],
  ['facebook', '2'],
  ['baidu', '3'],
])

export const q21: HandWritten = (emit) => ({
  bid({ auction, bidder, price, channel, url }) {
    const channel_id = KNOWN.get(channel.toLowerCase()) ?? /(?:&|^)channel_id=([^&]*)/.exec(url)?.[1]
    if (channel_id !== undefined) emit({ auction, bidder, price, channel, channel_id })
  },
})

export const q22: HandWritten = (emit) => ({
  bid({ auction, bidder, price, channel, url }) {
    const [, , , dir1, dir2, dir3] = url.split('/')
    emit({ auction, bidder, price, channel, dir1, dir2, dir3 })
  },
})

export const rowOf = ({ auction, bidder, price, channel, url, dateTime, extra }: Bid) => ({
  auction,
  bidder,
  price,
  channel,
  url,
  dateTime: timestamp(dateTime),
  extra,
})
