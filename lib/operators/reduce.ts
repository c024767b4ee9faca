import { type KeyedStream, type Stream, streamOf } from '../core/stream.ts'
import { type Aggregate, signatureOf } from '../windows/aggregate.ts'
import { type TimeToLive, timeToLive } from './expiring-state.ts'
import { ReduceReceiver } from './reduce-receiver.ts'

export interface ReduceOptions<A, Accumulator, Result> {
  /** What is computed over all elements of each key. */
  readonly aggregate: Aggregate<NoInfer<A>, Accumulator, Result>
  /**
   * How long after the last element of a key its aggregate is forgotten, by event time: the next element begins
   * anew. `'forever'` must be written out: then there is state for every key that ever came.
   */
  readonly ttl: TimeToLive
}

/** The aggregate of a key after one more element. */
export interface Reduced<Key extends string, Result> {
  readonly key: Key
  /** of the element, epoch ms */
  readonly eventTime: number
  readonly value: Result
}

/**
 * Aggregates all elements of each key as they come, without windows: every element makes the new result of its
 * key. Into a table by that key the newest wins.
 *
 * State is kept for `ttl` after the largest event time of a key. An element at that time or later does not see
 * it any more, and none does once the watermark is there.
 * @example
 * pipeline(
 *   'latest-bids',
 *   source,
 *   keyBy(),
 *   reduce('latest', { aggregate: last((bid) => bid.price), ttl: '7d' }),
 *   dynamodb.sink({
 *     table: 'latest-bids',
 *     key: ['auction'],
 *     item: ({ key, value }) => ({ auction: key, price: value }),
 *   }),
 * )
 * @param name unique in the pipeline: the identity of the operator's state
 * @throws ConfigurationError for a `ttl` of 0
 */
export const reduce =
  <A, Accumulator, Result, Key extends string>(
    name: string,
    { aggregate, ttl }: ReduceOptions<A, Accumulator, Result>,
  ) =>
  (input: KeyedStream<Key, A>): Stream<Reduced<Key, Result>> => {
    const ms = timeToLive(ttl, `reduce '${name}'`)
    return streamOf({
      kind: 'operator',
      op: 'reduce',
      name,
      signature: `reduce, ttl ${ms} ms: ${signatureOf(aggregate)}`,
      // Each result holds all that those before it held.
      refires: true,
      timed: false,
      input,
      build: (context) => new ReduceReceiver(context, { aggregate, ttl: ms }),
    })
  }
