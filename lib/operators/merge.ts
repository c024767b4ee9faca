import { ConfigurationError } from '../core/errors.ts'
import { type OperatorNode, sourcesOf } from '../core/graph.ts'
import { type Stream, streamOf } from '../core/stream.ts'
import { receiver } from './receiver.ts'

/** What the elements of a stream are. */
type ElementOf<S> = S extends Stream<infer A> ? A : never

/**
 * One stream out of several, each from a source of its own: the elements are of any of their types.
 * `merge(clicks, pipe(views, map(…)))` stands at the beginning of a pipeline, where a source does. Each
 * shard of each stream stays a task by itself, with its own watermark: elements of different streams are in
 * no particular order.
 * @example
 * pipeline('all-bids', merge(source, kinesis.source({ stream: 'more-bids', codec: json(Bid) })), sink)
 * @throws ConfigurationError for two streams from the same source
 */
export function merge<S extends readonly [Stream<unknown>, Stream<unknown>, ...Stream<unknown>[]]>(
  ...streams: S
): Stream<ElementOf<S[number]>> {
  const sources = streams.flatMap(sourcesOf)
  const twice = sources.find((source, index) => sources.indexOf(source) < index)
  if (twice !== undefined) {
    throw new ConfigurationError(
      `merge was given the source of stream '${twice.stream}' twice: expected streams from different sources; to make several elements of one record, use flatMap`,
      { stream: twice.stream },
    )
  }
  const [input, ...moreInputs] = streams
  const node: OperatorNode = {
    kind: 'operator',
    op: 'merge',
    input,
    moreInputs,
    build: ({ counters, output }) => {
      // A task reads one source, and so sees one of the inputs.
      const next = output()
      return receiver(next, (value) => {
        counters.passed++
        next.push(value)
      })
    },
  }
  return streamOf(node)
}
