import { ConfigurationError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import { isPromise } from '../core/promise.ts'
import { type Stream, streamOf } from '../core/stream.ts'
import { WaitingRoom } from './waiting-room.ts'

export interface MapOptions {
  /**
   * How many promises may be pending at a time in a task. Results keep the order of the elements.
   * @default 16
   */
  readonly concurrency?: number
}

/**
 * Makes one element out of each. `transform` may answer with a promise: elements then wait for it in
 * order, and so does the watermark behind them. Functions that answer at once cost nothing for that.
 * A batch that is delivered again runs `transform` again: side effects belong into a sink.
 * @example
 * pipeline('prices', source, map((bid) => ({ id: bid.id, dollars: bid.price / 100 })), sink)
 * @throws ConfigurationError for a concurrency below 1
 */
export const map =
  <A, B>(transform: (value: A) => B | Promise<B>, { concurrency = 16 }: MapOptions = {}) =>
  (input: Stream<A>): Stream<B> => {
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ConfigurationError(
        `'concurrency' of a map is ${concurrency}: expected a whole number of at least 1`,
        { concurrency },
      )
    }
    return streamOf({
      kind: 'operator',
      op: 'map',
      input,
      build: (context) => mapping(context, transform, concurrency),
    })
  }

function mapping<A, B>(
  context: OperatorContext,
  transform: (value: A) => B | Promise<B>,
  concurrency: number,
): Receiver<A> {
  const { counters, cursor } = context
  const output = context.output()
  const pass = (value: unknown): void => {
    counters.passed++
    output.push(value)
  }
  const fail = (error: unknown, value: A): void => {
    counters.failed++
    context.fail(error, undefined, value)
  }
  const room = new WaitingRoom<A, B>({ transform, concurrency, cursor, pass, fail, output })
  context.waits(room)
  return {
    push(value) {
      if (room.waiting > 0) return room.enter(value)
      let result: B | Promise<B>
      try {
        result = transform(value)
      } catch (error) {
        return fail(error, value)
      }
      if (isPromise(result)) room.enter(value, result)
      else pass(result)
    },
    advance(watermark) {
      if (room.waiting > 0) room.advance(watermark)
      else output.advance(watermark)
    },
    restore(watermark) {
      room.clear()
      output.restore(watermark)
    },
  }
}
