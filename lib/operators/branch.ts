import type { Output } from '../core/graph.ts'
import type { Sink, Stream } from '../core/stream.ts'

/**
 * Sends every element into each of several branches, in the order they are written, each with its own
 * sink: `branch(pipe(filter(…), sinkA), pipe(keyBy(), window(…), sinkB))`.
 */
export const branch =
  <A>(...branches: readonly [Sink<A>, Sink<A>, ...Sink<A>[]]) =>
  (input: Stream<A>): Output => ({
    kind: 'output',
    sinks: branches.flatMap((each) => each(input).sinks),
  })
