import type { KeyedStream, Stream } from '../core/stream.ts'

/**
 * Keys the stream by the partition key of the source's records (after a window: by the window's key).
 * The shard already holds all records of a partition key, in order, so nothing moves. Map, filter and
 * flatMap in between do not change it.
 */
export const keyBy =
  <A>() =>
  (input: Stream<A>): KeyedStream<string, A> => ({ kind: 'keyed', node: input.node, port: input.port })
