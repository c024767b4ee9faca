/**
 * Nexmark's defaults (NexmarkConfiguration and GeneratorConfig of https://github.com/nexmark/nexmark,
 * Apache-2.0): of 50 events one is a person, three are auctions and 46 are bids.
 */
export const PEOPLE = 1
export const AUCTIONS = 3
export const EVENTS = 50

export const FIRST_PERSON = 1_000
export const FIRST_AUCTION = 1_000
export const AUCTIONS_IN_FLIGHT = 100

/** Ids so far ahead of the newest are used too, as if the events had been swapped in time. */
export const LEAD = 10
/** Ids are hot in groups of so many: most events go to the first, or second, of their group. */
const HOT_GROUP = 100

/** Number of the newest person at an event, from 0. */
export const newestPerson = (event: number): number =>
  Math.floor(event / EVENTS) * PEOPLE + Math.min(event % EVENTS, PEOPLE - 1)

/** Number of the newest auction at an event, from 0; -1 before the first. */
export const newestAuction = (event: number): number =>
  Math.floor(event / EVENTS) * AUCTIONS + Math.min((event % EVENTS) - PEOPLE, AUCTIONS - 1)

/** The first of the group of hot ids that `newest` belongs to. */
export const hotOf = (newest: number): number => Math.trunc(newest / HOT_GROUP) * HOT_GROUP
