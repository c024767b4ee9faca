import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { SessionReceiver } from './session-receiver.ts'
import { TriggeredSessionReceiver } from './triggered-session-receiver.ts'
import { mergingOf, type NeedsMerge, type Windows } from './windows.ts'

/**
 * Windows of activity: elements of a key that are at most `gap` apart are in one session, as in Flink and
 * Kafka Streams. A session is `[first, last + gap)`, by the event times of its first and its last element.
 *
 * An element that stands between two sessions makes one of them, so the aggregate needs `merge`. One that
 * belongs to a session within `allowedLateness` makes it longer; the pane's index then counts on, and its
 * bounds are the new ones.
 *
 * A session that has fired and then grows, is united with another or opened again leaves panes behind whose
 * bounds are no session's any more. With `panes: 'retracting'` each of them is taken back at once, under its own
 * bounds, index and event time, even if the pane of what the session has become is only due later; with
 * `'discarding'` a pane has the bounds so far and holds what no pane before it had.
 *
 * Since an element at the very end of a session still belongs to it, a session closes 1 ms of watermark after
 * its end; and the watermark behind the operator is 1 ms behind the one before it.
 * @example
 * session('30m')
 * @throws ConfigurationError for a gap of 0
 */
export function session(gap: Duration): Windows<NeedsMerge> {
  const length = milliseconds(gap, 'session')
  if (length === 0) {
    throw new ConfigurationError(`session('${gap}') has no gap: expected at least '1ms'`, { gap })
  }
  return {
    signature: `session ${length} ms`,
    build: (plan) => {
      const merging = { ...plan, aggregate: mergingOf(plan, 'session') }
      const plain = plan.emit === 'onClose' && plan.mode === 'accumulating'
      return (context) =>
        plain
          ? new SessionReceiver(context, merging, length)
          : new TriggeredSessionReceiver(context, merging, length)
    },
  }
}
