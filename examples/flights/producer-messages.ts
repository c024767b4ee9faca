/** What the producer's worker is started with (`workerData`). */
export interface ProducerData {
  /** Path of the local database; the stream `flights` is in it already. */
  readonly database: string
  /** Put the first `limit` flights and pause; `Infinity`: put all and end the stream. */
  readonly limit: number
  /** Event seconds a second; `Infinity`: as fast as it goes. */
  readonly speed: number
  /** Share of the flights that a bad record follows. */
  readonly bad: number
}

/**
 * From the parent. The producer starts without credit: grant `MAX_AHEAD` less what the stream holds and
 * the slowest consumer has not done, and then what that consumer gets done.
 */
export type ProducerCommand =
  | { readonly type: 'credit'; readonly records: number }
  /** Finish the put at work, close the database and exit. */
  | { readonly type: 'stop' }

/** From the producer; after `ended` and `paused` its worker exits. */
export type ProducerReport =
  /** All flights before `offset` are in the stream; once at start-up, then after each put. */
  | { readonly type: 'progress'; readonly offset: number; readonly total: number }
  /** The last flight is in, and the stream is marked as ended. */
  | { readonly type: 'ended' }
  /** The first `limit` flights are in, and the stream goes on another time. */
  | { readonly type: 'paused' }

/** Records that may lie in the stream unread. */
export const MAX_AHEAD = 400_000

/** The young generation would otherwise grow with the garbage of reading the file. */
export const PRODUCER_RESOURCE_LIMITS = { maxYoungGenerationSizeMb: 16 } as const
