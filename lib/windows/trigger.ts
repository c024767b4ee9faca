import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'

/** Fires early panes again and again: made by `every`. */
export interface Every {
  readonly kind: 'every'
  /** ms */
  readonly interval: number
}

/** When windows fire: at their close alone, or also before. */
export type Emit = 'onClose' | 'onUpdate' | Every

/** What a pane holds: all of its window, what is new in it, or all, with the pane before it taken back. */
export type PaneMode = 'accumulating' | 'discarding' | 'retracting'

/**
 * Early panes of windows that are still open: whenever the watermark passes a multiple of `interval`, each
 * window that changed since its last pane fires one. The clock is the event time's, so that a replay makes
 * the same panes as the first run, however fast it goes; and the watermark goes on in silence too.
 * @example
 * pipeline(
 *   'bids-so-far',
 *   source,
 *   keyBy(),
 *   window('daily', { over: tumbling('1d'), aggregate: count(), emit: every('10m') }),
 *   dynamodb.sink({
 *     table: 'bids-so-far',
 *     key: ['auction', 'day'],
 *     item: ({ key, start, value, pane }) => ({ auction: key, day: start, bids: value, final: pane.timing !== 'early' }),
 *   }),
 * )
 * @throws ConfigurationError for an interval of 0
 */
export function every(interval: Duration): Every {
  const length = milliseconds(interval, 'every')
  if (length > 0) return { kind: 'every', interval: length }
  throw new ConfigurationError(`every('${interval}') has no length: expected at least '1ms'`, { interval })
}

/** What must not change of it while state exists; empty for the defaults. */
export const emitSignature = (emit: Emit, mode: PaneMode): string => {
  const when = emit === 'onClose' ? '' : emit === 'onUpdate' ? ', on update' : `, every ${emit.interval} ms`
  return mode === 'accumulating' ? when : `${when}, ${mode}`
}

/** Whether the watermark has passed a multiple of the interval: all before it has come. */
export const hasPassed = (interval: number, before: number, after: number): boolean =>
  Number.isFinite(before) && Math.floor((after + 1) / interval) > Math.floor((before + 1) / interval)
