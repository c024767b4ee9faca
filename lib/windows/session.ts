import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { SessionReceiver } from './session-receiver.ts'
import { mergingOf, type NeedsMerge, type Windows } from './windows.ts'

/**
 * Windows of activity: elements of a key that are at most `gap` apart are in one session, as in Flink and
 * Kafka Streams. A session is `[first, last + gap)`, by the event times of its first and its last element.
 *
 * An element that stands between two sessions makes one of them, so the aggregate needs `merge`. One that
 * belongs to a session within `allowedLateness` makes it longer; the pane's index then counts on, and its
 * bounds are the new ones.
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
      return (context) => new SessionReceiver(context, merging, length)
    },
  }
}
