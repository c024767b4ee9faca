import { type Stream, streamOf } from '../core/stream.ts'
import { receiver } from './receiver.ts'

/**
 * Makes any number of elements out of one, in order. All keep the element's key and event time.
 * @example
 * pipeline('parties', source, flatMap((bid) => [bid.auction, bid.bidder]), sink)
 */
export const flatMap =
  <A, B>(transform: (value: A) => Iterable<B>) =>
  (input: Stream<A>): Stream<B> =>
    streamOf({
      kind: 'operator',
      op: 'flatMap',
      input,
      build: (context) => {
        const { counters } = context
        const output = context.output()
        return receiver(output, (value: A) => {
          let results: readonly B[]
          try {
            // All of them before the first goes on: a generator that throws half-way has made nothing.
            const made = transform(value)
            results = Array.isArray(made) ? made : Array.from(made)
          } catch (error) {
            counters.failed++
            return context.fail(error, undefined, value)
          }
          counters.passed++
          for (const result of results) output.push(result)
        })
      },
    })
