import { ConfigurationError, InvalidRecordError } from '../core/errors.ts'
import { type Edge, inputsOf } from '../core/graph.ts'
import { type KeyedStream, keyedStreamOf, type Stream } from '../core/stream.ts'
import { receiver } from './receiver.ts'

/**
 * Keys the stream by the partition key of the source's records (after an operator that is keyed: by that
 * one's key). The shard already holds all records of a partition key, in order, so nothing moves. Map,
 * filter and flatMap in between do not change it.
 * @throws ConfigurationError behind a `merge`: two streams have the records of a key in two shards
 * @example
 * pipeline('visits', source, keyBy(), window('hourly', { over: tumbling('1h'), aggregate: count() }), sink)
 */
export function keyBy<A>(): (input: Stream<A>) => KeyedStream<string, A>
/**
 * Keys the stream by what `key` takes from each element. Elements of one key must all come to one task, so
 * the pipeline is cut here into two stages, and elements go through a stream of its own (an exchange): they
 * must be plain data, and one of them fits into a record of 1 MiB. Behind a source that declares `shards: 1`
 * nothing has to move, and nothing is cut.
 *
 * Keys are strings. One made of several parts must not be equal for other parts: `JSON.stringify([a, b])`
 * never is, and `JSON.parse` gives the parts back; for numbers `${a}/${b}` does too. An element whose key is
 * no string is a dead letter.
 * @example
 * pipeline(
 *   'bids',
 *   source,
 *   keyBy((bid) => bid.bidder),
 *   window('hourly', { over: tumbling('1h'), aggregate: count() }),
 *   sink,
 * )
 */
export function keyBy<A, Key extends string>(
  key: (value: A) => Key,
): (input: Stream<A>) => KeyedStream<Key, A>
export function keyBy<A>(key?: (value: A) => string) {
  const keyOf = (value: A): string => checkKey(key?.(value))
  return (input: Stream<A>): KeyedStream<string, A> => {
    const { node, port } = input
    if (key === undefined) {
      refuseScatteredPartitionKeys(input)
      return keyedStreamOf(node, port)
    }
    return keyedStreamOf({
      kind: 'operator',
      op: 'keyBy',
      keyOf,
      input: { node, port },
      build: (context) => {
        const { cursor, counters } = context
        const output = context.output()
        return receiver(output, (value: A) => {
          const before = cursor.key
          try {
            cursor.key = keyOf(value)
          } catch (error) {
            counters.failed++
            return context.fail(error, undefined, value)
          }
          counters.passed++
          output.push(value)
          // What stands beside it in a branch has the key that it had.
          cursor.key = before
        })
      },
    })
  }
}

/** Two streams have the records of one partition key in two shards (protocol R27). */
function refuseScatteredPartitionKeys<A>(input: Stream<A>): void {
  const streams = scattered(input)
  if (streams.length < 2) return
  throw new ConfigurationError(
    `keyBy() stands behind a merge of the streams ${streams.map((each) => `'${each}'`).join(' and ')}, whose records of one partition key are in different shards: use keyBy(f), which brings them together`,
    { streams },
  )
}

/** The streams of the sources that feed an output without a keyBy(f) in between. */
function scattered({ node }: Edge): readonly string[] {
  if (node.kind === 'source') return [node.stream]
  return node.keyOf === undefined ? [...new Set(inputsOf(node).flatMap(scattered))] : []
}

function checkKey(key: unknown): string {
  if (typeof key === 'string') return key
  throw new InvalidRecordError(
    `the function of keyBy answered ${String(key)}, which is no string: make one of it, or filter such elements out before`,
    { key },
  )
}
