import { newAuction } from './auction.ts'
import { Channels, newBid } from './bid.ts'
import type { NexmarkEvent } from './model.ts'
import { newPerson } from './person.ts'
import { AUCTIONS, AUCTIONS_IN_FLIGHT, EVENTS, PEOPLE } from './settings.ts'
import { SplittableRandom } from './splittable-random.ts'
import { Padding } from './text.ts'

const BASE_TIME = Date.parse('2015-07-15T00:00:00Z')
/** Nexmark's own generator has no seeds; with these it makes the events that Flink's results are known of. */
const SEEDS = { events: 7, channels: 42, padding: 20_150_715 }

export interface GeneratorOptions {
  readonly events: number
  /** events per second of event time */
  readonly rate: number
  /** Events of one group come out of order. @default 1 */
  readonly groupSize?: number
}

/**
 * The events of an auction house, the same ones at each call. After nexmark's NexmarkGenerator
 * (https://github.com/nexmark/nexmark, commit 6b3646c, Apache-2.0), with its default configuration.
 */
export function* nexmarkEvents({ events, rate, groupSize = 1 }: GeneratorOptions): Generator<NexmarkEvent> {
  const random = new SplittableRandom(SEEDS.events)
  const padding = new Padding(SEEDS.padding)
  const channels = new Channels(SEEDS.channels)
  const timeOf = (number: number): number =>
    BASE_TIME + Math.floor(Math.trunc(number * (1_000_000 / rate)) / 1_000)
  const eventsPerHorizon = Math.floor((AUCTIONS_IN_FLIGHT * EVENTS) / AUCTIONS)
  for (let count = 1; count <= events; count++) {
    const number = shuffled(count, groupSize)
    const time = timeOf(number)
    const id = number + 1
    const kind = id % EVENTS
    if (kind < PEOPLE) {
      const person = newPerson(id, time, random, padding)
      yield { event_type: 0, person, auction: null, bid: null }
    } else if (kind < PEOPLE + AUCTIONS) {
      const horizon = timeOf(number + eventsPerHorizon) - time
      const auction = newAuction(id, time, horizon, random, padding)
      yield { event_type: 1, person: null, auction, bid: null }
    } else {
      const bid = newBid(id, time, channels, random, padding)
      yield { event_type: 2, person: null, auction: null, bid }
    }
  }
}

/** Another number of the same group, each once. 953 is a prime. */
function shuffled(number: number, groupSize: number): number {
  return Math.floor(number / groupSize) * groupSize + ((number * 953) % groupSize)
}
