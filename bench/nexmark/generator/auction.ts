import type { Auction } from './model.ts'
import { somePerson } from './person.ts'
import { randomPrice } from './price.ts'
import {
  AUCTIONS_IN_FLIGHT,
  FIRST_AUCTION,
  FIRST_PERSON,
  hotOf,
  LEAD,
  newestAuction,
  newestPerson,
} from './settings.ts'
import type { SplittableRandom } from './splittable-random.ts'
import { type Padding, randomWords } from './text.ts'
import { sqlTimestamp } from './timestamp.ts'

const HOT_SELLERS_RATIO = 4
const FIRST_CATEGORY = 10
const CATEGORIES = 5
const AVERAGE_BYTES = 500

/**
 * A new auction. After nexmark's AuctionGenerator (Apache-2.0).
 * @param horizon ms until so many auctions are opened as are open at a time: the average time it lasts
 */
export function newAuction(
  event: number,
  time: number,
  horizon: number,
  random: SplittableRandom,
  padding: Padding,
): Auction {
  const hot = random.nextBelow(HOT_SELLERS_RATIO) > 0
  const seller = hot ? hotOf(newestPerson(event)) : somePerson(event, random)
  const category = FIRST_CATEGORY + random.nextBelow(CATEGORIES)
  const initialBid = randomPrice(random)
  const expires = time + 1 + random.nextBelow(Math.max(horizon * 2, 1))
  const itemName = randomWords(random, 20)
  const description = randomWords(random, 100)
  const reserve = initialBid + randomPrice(random)
  const used = 8 + itemName.length + description.length + 8 + 8 + 8 + 8 + 8
  return {
    id: FIRST_AUCTION + newestAuction(event),
    itemName,
    description,
    initialBid,
    reserve,
    dateTime: sqlTimestamp(time),
    expires: sqlTimestamp(expires),
    seller: FIRST_PERSON + seller,
    category,
    extra: padding.take(random, used, AVERAGE_BYTES),
  }
}

/** Number of an auction that is probably open, or of one that is not there yet. */
export function someAuction(event: number, random: SplittableRandom): number {
  const newest = newestAuction(event)
  const oldest = Math.max(newest - AUCTIONS_IN_FLIGHT, 0)
  return oldest + random.nextBelow(newest - oldest + 1 + LEAD)
}
