/** A person who sells or bids; times as Flink's SQL timestamps in JSON: `2015-07-15 00:00:00.01`. */
export interface Person {
  readonly id: number
  readonly name: string
  readonly emailAddress: string
  readonly creditCard: string
  readonly city: string
  readonly state: string
  readonly dateTime: string
  readonly extra: string
}

/** An item on sale; prices in cents. */
export interface Auction {
  readonly id: number
  readonly itemName: string
  readonly description: string
  readonly initialBid: number
  readonly reserve: number
  readonly dateTime: string
  readonly expires: string
  readonly seller: number
  readonly category: number
  readonly extra: string
}

/** An offer for an auction; the price in cents. */
export interface Bid {
  readonly auction: number
  readonly bidder: number
  readonly price: number
  readonly channel: string
  readonly url: string
  readonly dateTime: string
  readonly extra: string
}

/** What happens in the auction house: one of the three is there, `event_type` (0, 1, 2) tells which. */
export interface NexmarkEvent {
  readonly event_type: 0 | 1 | 2
  readonly person: Person | null
  readonly auction: Auction | null
  readonly bid: Bid | null
}
