import { InvalidRecordError } from '../core/errors.ts'
import type { OperatorNode, Output, Receiver } from '../core/graph.ts'
import { type Sink, type Stream, streamOf } from '../core/stream.ts'

/**
 * Sends every element to one of several outputs (Flink's side outputs, Kafka Streams' `split`): `route` names it,
 * and each is a branch with its own sink. An element for which `route` answers with no name of an output is a
 * dead letter.
 * @example
 * pipeline(
 *   'bids',
 *   source,
 *   split((bid) => (bid.price > 100 ? 'high' : 'low'), {
 *     high: dynamodb.sink({ table: 'high-bids', key: ['id'], item: (bid) => bid }),
 *     low: pipe(
 *       keyBy(),
 *       window('hourly', { over: tumbling('1h'), aggregate: count() }),
 *       dynamodb.sink({ table: 'low-bids', key: ['hour'], item: ({ start, value }) => ({ hour: start, bids: value }) }),
 *     ),
 *   }),
 * )
 */
export const split =
  <A, Name extends string>(
    route: (value: A) => Name,
    // Not a record of names alone: by that the compiler would settle what an element is before it looks at `route`.
    outputs: Readonly<Record<string, Sink<A>>> & Readonly<Record<Name, unknown>>,
  ) =>
  (input: Stream<A>): Output => {
    const branches = Object.entries<Sink<A>>(outputs)
    const node: OperatorNode = {
      kind: 'operator',
      op: 'split',
      input,
      build: (context) => {
        const { counters } = context
        const receivers = new Map(branches.map(([name]) => [name, context.output(name)]))
        const receiverOf = (name: unknown): Receiver<unknown> => {
          const receiver = receivers.get(name as string)
          if (receiver !== undefined) return receiver
          throw new InvalidRecordError(
            `the function of split answered ${String(name)}: expected one of ${[...receivers.keys()].join(', ')}`,
            { name },
          )
        }
        return {
          push(value: A) {
            let receiver: Receiver<unknown>
            try {
              receiver = receiverOf(route(value))
            } catch (error) {
              counters.failed++
              return context.fail(error, undefined, value)
            }
            counters.passed++
            receiver.push(value)
          },
          advance(watermark) {
            for (const receiver of receivers.values()) receiver.advance(watermark)
          },
          restore(watermark) {
            for (const receiver of receivers.values()) receiver.restore(watermark)
          },
        }
      },
    }
    return {
      kind: 'output',
      sinks: branches.flatMap(([name, branch]) => branch(streamOf<A>(node, name)).sinks),
    }
  }
