import type { Codec } from '../../core/codec.ts'
import { type Duration, milliseconds } from '../../core/duration.ts'
import { ConfigurationError } from '../../core/errors.ts'
import type { SourceNode } from '../../core/graph.ts'
import { type Stream, streamOf } from '../../core/stream.ts'

export interface KinesisSourceOptions<A> {
  /** The stream's name. */
  readonly stream: string
  /**
   * Says that the stream has one shard, and will never have more: then `keyBy(f)` needs no exchange. Batches
   * of another shard are refused.
   * @default any number, which may change
   */
  readonly shards?: 1
  /** How a record's bytes become a value: `json(Schema)`. */
  readonly codec: Codec<A>
  /**
   * When the event happened: epoch ms or a Date.
   * @default the time of arrival at the stream
   */
  readonly eventTime?: (value: A) => number | Date
  /**
   * How far out of order events may come: the watermark stays this far behind the largest event time.
   * @default '0ms'
   */
  readonly maxOutOfOrderness?: Duration
  /**
   * How far ahead of its arrival an event time may be. One beyond that is a dead letter and does not
   * move the watermark: one bad clock must not close every window.
   * @default '1h'
   */
  readonly maxFutureSkew?: Duration
  /**
   * How long a shard may be silent before time goes on in it without records, so that its windows close. It
   * goes on as fast as the clock from there. Records that the function has not got yet are no silence.
   * @default '1m'
   */
  readonly idleTimeout?: Duration
  readonly batch?: {
    /** Most records of one batch, 1 to 10,000. @default 100 */
    readonly size?: number
    /** How long Lambda gathers records for a batch, up to 5 minutes. @default '0ms' */
    readonly interval?: Duration
  }
}

/**
 * Records of a Kinesis stream, from its oldest on.
 * Limits: https://docs.aws.amazon.com/lambda/latest/api/API_CreateEventSourceMapping.html
 * @example
 * kinesis.source({
 *   stream: 'bids',
 *   codec: json(Bid),
 *   eventTime: (bid) => bid.at,
 *   maxOutOfOrderness: '5s',
 *   batch: { size: 5_000, interval: '1s' },
 * })
 * @throws ConfigurationError for a stream name or a batch that Kinesis or Lambda would refuse
 */
export function source<A>(options: KinesisSourceOptions<A>): Stream<A> {
  const { stream, codec, maxOutOfOrderness = '0ms', maxFutureSkew = '1h', idleTimeout = '1m' } = options
  const { size = 100, interval = '0ms' } = options.batch ?? {}
  if (!/^[\w.-]{1,128}$/.test(stream)) {
    throw new ConfigurationError(
      `'${stream}' cannot name a Kinesis stream: expected 1 to 128 letters, digits, '.', '_' or '-'`,
      { stream },
    )
  }
  if (!Number.isInteger(size) || size < 1 || size > 10_000) {
    throw new ConfigurationError(
      `'batch.size' of stream '${stream}' is ${size}: expected 1 to 10,000 records`,
      {
        stream,
        size,
      },
    )
  }
  const gathering = milliseconds(interval, 'batch.interval')
  if (gathering > 300_000) {
    throw new ConfigurationError(
      `'batch.interval' of stream '${stream}' is '${interval}': Lambda gathers a batch for at most '5m'`,
      { stream, interval },
    )
  }
  const node: SourceNode = {
    kind: 'source',
    op: 'kinesis.source',
    stream,
    shards: options.shards,
    codec,
    eventTime: options.eventTime,
    maxOutOfOrderness: milliseconds(maxOutOfOrderness, 'maxOutOfOrderness'),
    maxFutureSkew: milliseconds(maxFutureSkew, 'maxFutureSkew'),
    idleTimeout: milliseconds(idleTimeout, 'idleTimeout'),
    batch: { size, interval: gathering },
  }
  return streamOf(node)
}
