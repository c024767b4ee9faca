import { count, countDistinct, where } from 'millrace'
import type { Bid } from './auction-house.ts'

const cheap = ({ price }: Bid): boolean => price < 10_000
const medium = ({ price }: Bid): boolean => price >= 10_000 && price < 1_000_000
const dear = ({ price }: Bid): boolean => price >= 1_000_000

/** Bids, all and by three ranks of their price. */
export const bidCounts = {
  total_bids: count(),
  rank1_bids: where(cheap, count()),
  rank2_bids: where(medium, count()),
  rank3_bids: where(dear, count()),
}

const bidders = countDistinct(({ bidder }: Bid) => bidder)
const auctions = countDistinct(({ auction }: Bid) => auction)

/** The same, and who bid, and for what. */
export const biddingCounts = {
  ...bidCounts,
  total_bidders: bidders,
  rank1_bidders: where(cheap, bidders),
  rank2_bidders: where(medium, bidders),
  rank3_bidders: where(dear, bidders),
  total_auctions: auctions,
  rank1_auctions: where(cheap, auctions),
  rank2_auctions: where(medium, auctions),
  rank3_auctions: where(dear, auctions),
}
