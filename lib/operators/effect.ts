import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { type Stream, streamOf } from '../core/stream.ts'
import { EffectReceiver } from './effect-receiver.ts'

export interface EffectOptions<A> {
  /**
   * The idempotency key, 1 to 1,024 bytes: the effect happens once per key. It is scoped by pipeline and
   * operator, not by shard.
   */
  readonly key: (value: NoInfer<A>) => string
  /**
   * How long a key is remembered, by the clock on the wall. Batches may be delivered again, and producers
   * may send again, for as long as the stream keeps its records (24 hours by default).
   */
  readonly within: Duration
  /**
   * What to do about an effect that was begun and of which nobody knows whether it happened: its invocation
   * ended in the middle, or a connection broke. `'retry'` runs it again with the same key: for APIs that
   * take an idempotency key. `'dead-letter'` never does: the element becomes a dead letter.
   */
  readonly onUnknown: 'retry' | 'dead-letter'
  /**
   * How many effects may be pending at a time in a task. Elements leave in order whatever it is; with 1 the
   * effects too happen in order.
   * @default 16
   */
  readonly concurrency?: number
}

/** What an effect gets beside the element. */
export interface EffectCall {
  /** The idempotency key: hand it to the API that is called. */
  readonly key: string
  /** Fires a second before Lambda ends the invocation: pass it on to `fetch` or the SDK. */
  readonly signal: AbortSignal
}

/**
 * Does something outside of the pipeline for each element (calls an API, sends a mail) at most once per
 * idempotency key; the element goes on when it is done. A claim on the key is written before, and what
 * became of it after: two small writes a key, beside the log.
 *
 * - A batch that is delivered again, or another record of the same key, finds the effect done and goes on.
 * - One that finds it at work elsewhere waits: the batch is cut before the record, until the effect is done or
 *   the invocation that began it is past its deadline. From then on `onUnknown` decides.
 * - If `fn` throws an error that a retry can cure, the claim is given back and the batch is cut there. A
 *   `RetryableError` says that nothing happened. Of broken connections and time-outs nobody knows: see
 *   `onUnknown`.
 * - If it throws another error, the element is a dead letter, and so is every element of that key from then
 *   on, without a call, until the key is forgotten. Only a dead letter that is sent again (redriven) is
 *   tried anew.
 * @example
 * pipeline(
 *   'charges',
 *   source,
 *   effect('charge', (bid, { key, signal }) => payments.charge(bid, { idempotencyKey: key, signal }), {
 *     key: (bid) => bid.id,
 *     within: '7d',
 *     onUnknown: 'retry',
 *   }),
 *   sink,
 * )
 * @param name unique in the pipeline: a part of the claims' keys
 * @throws ConfigurationError for a `within` of 0, or a concurrency below 1
 */
export const effect =
  <A>(
    name: string,
    fn: (value: A, call: EffectCall) => unknown,
    { key, within, onUnknown, concurrency = 16 }: EffectOptions<A>,
  ) =>
  (input: Stream<A>): Stream<A> => {
    const span = milliseconds(within, 'within')
    if (span === 0) {
      throw new ConfigurationError(
        `effect '${name}' remembers its keys 'within' '${within}': expected as long as records may come again, as in '7d'`,
        { name, within },
      )
    }
    if (!Number.isInteger(concurrency) || concurrency < 1) {
      throw new ConfigurationError(
        `effect '${name}' has a concurrency of ${concurrency}: expected a whole number from 1 on`,
        { name, concurrency },
      )
    }
    return streamOf({
      kind: 'operator',
      op: 'effect',
      name,
      input,
      build: (context) =>
        new EffectReceiver<A>(context, { name, fn, key, within: span, onUnknown, concurrency }),
    })
  }
