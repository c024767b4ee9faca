import { someAuction } from './auction.ts'
import type { Bid } from './model.ts'
import { somePerson } from './person.ts'
import { randomPrice } from './price.ts'
import { FIRST_AUCTION, FIRST_PERSON, hotOf, newestAuction, newestPerson } from './settings.ts'
import { SplittableRandom } from './splittable-random.ts'
import { type Padding, randomWords } from './text.ts'
import { sqlTimestamp } from './timestamp.ts'

const HOT_AUCTION_RATIO = 2
const HOT_BIDDERS_RATIO = 4
const HOT_CHANNELS_RATIO = 2
const HOT_CHANNELS = ['Google', 'Facebook', 'Baidu', 'Apple']
const CHANNELS = 10_000
const USED_BYTES = 8 + 8 + 8 + 8
const AVERAGE_BYTES = 100

interface Channel {
  readonly channel: string
  readonly url: string
}

/** Where bids come from: four hot channels and 10,000 others, most of which tell their id in the URL. */
export class Channels {
  readonly #hot: readonly Channel[]
  readonly #others: readonly Channel[]

  constructor(seed: number) {
    const random = new SplittableRandom(seed)
    this.#hot = HOT_CHANNELS.map((channel) => ({ channel, url: itemUrl(random) }))
    this.#others = Array.from({ length: CHANNELS }, (_, number) => {
      const url = itemUrl(random)
      const id = random.nextBelow(10) > 0 ? `&channel_id=${Math.abs(reversedBits(number))}` : ''
      return { channel: `channel-${number}`, url: url + id }
    })
  }

  take(random: SplittableRandom): Channel {
    const channels = random.nextBelow(HOT_CHANNELS_RATIO) > 0 ? this.#hot : this.#others
    return channels[random.nextBelow(channels.length)] as Channel
  }
}

/** A new bid. After nexmark's BidGenerator (Apache-2.0). */
export function newBid(
  event: number,
  time: number,
  channels: Channels,
  random: SplittableRandom,
  padding: Padding,
): Bid {
  const hotAuction = random.nextBelow(HOT_AUCTION_RATIO) > 0
  const auction = hotAuction ? hotOf(newestAuction(event)) : someAuction(event, random)
  const hotBidder = random.nextBelow(HOT_BIDDERS_RATIO) > 0
  const bidder = hotBidder ? hotOf(newestPerson(event)) + 1 : somePerson(event, random)
  const price = randomPrice(random)
  const { channel, url } = channels.take(random)
  return {
    auction: FIRST_AUCTION + auction,
    // Twice: bidders have ids of their own, as nexmark has it.
    bidder: 2 * FIRST_PERSON + bidder,
    price,
    channel,
    url,
    dateTime: sqlTimestamp(time),
    extra: padding.take(random, USED_BYTES, AVERAGE_BYTES),
  }
}

function itemUrl(random: SplittableRandom): string {
  const folders = Array.from({ length: 3 }, () => randomWords(random, 5, '_'))
  return `https://www.nexmark.com/${folders.join('/')}/item.htm?query=1`
}

/** The 32 bits of a number in reverse order, as a signed integer. */
function reversedBits(number: number): number {
  let reversed = 0
  for (let bit = 0; bit < 32; bit++) reversed = (reversed << 1) | ((number >>> bit) & 1)
  return reversed
}
