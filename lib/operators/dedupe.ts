import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { type Stream, streamOf } from '../core/stream.ts'
import { DedupeReceiver } from './dedupe-receiver.ts'

export interface DedupeOptions<A> {
  /** The element's id, not empty: what its producer sends again under another sequence number. */
  readonly by: (value: NoInfer<A>) => string
  /** Elements of one id are the same element if their event times are at most this far apart. */
  readonly within: Duration
}

/**
 * Drops elements that a producer has sent twice: those whose id was handed on already, at an event time
 * that is at most `within` away. They are counted as filtered. (Records that Lambda delivers twice have
 * their sequence number still, and are dropped without this.)
 *
 * An id is forgotten when the watermark is one to two times `within` past it, and no element that is in
 * time can match it any more. An element so late that ids it might match are forgotten is handed on, and
 * counted as late. One without an id is a dead letter.
 *
 * The state belongs to the id, not to the partition key: copies are found within one shard, so a producer
 * must send them under one partition key.
 * @example
 * pipeline('bids', source, dedupe('once', { by: (bid) => bid.id, within: '10m' }), sink)
 * @param name unique in the pipeline: the identity of the operator's state
 * @throws ConfigurationError for a `within` of 0
 */
export const dedupe =
  <A>(name: string, { by, within }: DedupeOptions<A>) =>
  (input: Stream<A>): Stream<A> => {
    const span = milliseconds(within, 'within')
    if (span === 0) {
      throw new ConfigurationError(
        `dedupe '${name}' looks back over 'within' of '${within}': expected at least '1ms'`,
        { name, within },
      )
    }
    return streamOf({
      kind: 'operator',
      op: 'dedupe',
      name,
      signature: `dedupe ${span} ms`,
      stateScope: 'element',
      timed: false,
      input,
      build: (context) => new DedupeReceiver<A>(context, { name, by, within: span }),
    })
  }
