import { ConfigurationError } from '../core/errors.ts'
import { type KeyedStream, type Stream, streamOf } from '../core/stream.ts'
import { type TimeToLive, timeToLive } from './expiring-state.ts'
import { TopNReceiver } from './top-n-receiver.ts'

export interface TopNOptions<A> {
  /** How many ranks there are, 1 to 1,000. */
  readonly n: number
  /** The element with the largest number has rank 1. Of equal ones, the one that came first is before. */
  readonly by: (value: NoInfer<A>) => number
  /**
   * What an element stands for: a new element of an id takes the place of the one before it. Ranks of an id
   * must only rise: if one falls, elements that had to go for it do not come back. With the
   * same number it keeps its rank.
   * @default every element stands for itself
   */
  readonly id?: (value: NoInfer<A>) => string
  /**
   * How long after its last change the ranking of a key is forgotten, by event time: the next element then has
   * rank 1, and what the forgotten one wrote into a table stays there. `'forever'` must be written out: then there is
   * state for every key that ever came.
   */
  readonly ttl: TimeToLive
}

/** A rank of a key, and the element that has it now. */
export interface Ranked<Key extends string, A> {
  readonly key: Key
  /** from 1 on */
  readonly rank: number
  readonly value: A
}

/**
 * The `n` best elements of each key, as they come, without windows: an element that is among them makes one
 * `{ key, rank, value }` for every rank that it changes, the best first. Into a table by key and rank the newest
 * wins; no rank that was once taken is ever empty again. Elements that change nothing are counted as filtered.
 *
 * It is `ROW_NUMBER() OVER (PARTITION BY key ORDER BY … DESC) <= n` of Flink SQL.
 * @example
 * pipeline(
 *   'best-bids',
 *   source,
 *   keyBy(),
 *   topN('best', { n: 10, by: (bid) => bid.price, ttl: '7d' }),
 *   dynamodb.sink({
 *     table: 'best-bids',
 *     key: ['auction', 'rank'],
 *     item: ({ rank, value }) => ({ ...value, rank }),
 *   }),
 * )
 * @param name unique in the pipeline: the identity of the operator's state
 * @throws ConfigurationError for an `n` that is no whole number from 1 to 1,000, or a `ttl` of 0
 */
export const topN =
  <A, Key extends string>(name: string, { n, by, id, ttl }: TopNOptions<A>) =>
  (input: KeyedStream<Key, A>): Stream<Ranked<Key, A>> => {
    if (!Number.isInteger(n) || n < 1 || n > 1_000) {
      throw new ConfigurationError(
        `topN '${name}' has an 'n' of ${n}: expected a whole number from 1 to 1,000, as an element may change every rank`,
        { name, n },
      )
    }
    const ms = timeToLive(ttl, `topN '${name}'`)
    return streamOf({
      kind: 'operator',
      op: 'topN',
      name,
      signature: `top ${n}${id === undefined ? '' : ' by id'}, ttl ${ms} ms`,
      // Each result stands for the one before it of that rank.
      refires: true,
      timed: false,
      input,
      build: (context) => new TopNReceiver<A>(context, { name, n, by, id, ttl: ms }),
    })
  }
