import type { Output } from '../core/graph.ts'
import type { Sink, Stream } from '../core/stream.ts'

/**
 * Sends every element into each of several branches, in the order they are written, each with its own sink.
 * @example
 * pipeline(
 *   'bids',
 *   source,
 *   branch(
 *     pipe(
 *       filter((bid) => bid.price > 100),
 *       dynamodb.sink({ table: 'high-bids', key: ['id'], item: (bid) => bid }),
 *     ),
 *     pipe(keyBy(), window('hourly', { over: tumbling('1h'), aggregate: count() }), sink),
 *   ),
 * )
 */
export const branch =
  <A>(...branches: readonly [Sink<A>, Sink<A>, ...Sink<A>[]]) =>
  (input: Stream<A>): Output => ({
    kind: 'output',
    sinks: branches.flatMap((each) => each(input).sinks),
  })
