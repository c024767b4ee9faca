import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { type Assigner, TumblingReceiver } from './tumbling-receiver.ts'
import type { Windows } from './windows.ts'

/**
 * Windows of one size, side by side, aligned to the epoch: `[n * size, (n + 1) * size)` in UTC.
 *
 * Not to be mistaken for the `tumblingWindow` of a Lambda event source mapping, which cuts by arrival
 * time, lasts 15 minutes at most, holds 1 MB and ends with its shard: millrace never uses that one.
 * @example
 * tumbling('1h')
 * @throws ConfigurationError for a size of 0
 */
export function tumbling(size: Duration): Windows & Assigner {
  const length = milliseconds(size, 'tumbling')
  if (length === 0) {
    throw new ConfigurationError(`tumbling('${size}') has no length: expected at least '1ms'`, { size })
  }
  const assigner: Assigner = {
    startOf: (eventTime) => Math.floor(eventTime / length) * length,
    endOf: (start) => start + length,
  }
  return {
    ...assigner,
    signature: `tumbling ${length} ms`,
    build: (plan) => (context) => new TumblingReceiver(context, plan, assigner),
  }
}
