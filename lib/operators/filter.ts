import { type Stream, streamOf } from '../core/stream.ts'
import { receiver } from './receiver.ts'

/**
 * Keeps the elements for which `keep` is true; the others are counted as filtered. If `keep` tells one type of
 * element from others (`(event) => event.type === 'bid'`), the stream is of that type from there on.
 * @example
 * pipeline('high-bids', source, filter((bid) => bid.price > 100), sink)
 */
export function filter<A, B extends A>(keep: (value: A) => value is B): (input: Stream<A>) => Stream<B>
export function filter<A>(keep: (value: A) => boolean): (input: Stream<A>) => Stream<A>
export function filter<A>(keep: (value: A) => boolean) {
  return (input: Stream<A>): Stream<A> =>
    streamOf({
      kind: 'operator',
      op: 'filter',
      input,
      build: (context) => {
        const { counters } = context
        const output = context.output()
        return receiver(output, (value: A) => {
          let kept: boolean
          try {
            kept = keep(value)
          } catch (error) {
            counters.failed++
            return context.fail(error, undefined, value)
          }
          if (!kept) {
            counters.filtered++
            return
          }
          counters.passed++
          output.push(value)
        })
      },
    })
}
