import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { Assigner } from './assigner.ts'

/**
 * Windows of one size, side by side, aligned to the epoch: `[n * size, (n + 1) * size)` in UTC.
 *
 * Not to be mistaken for the `tumblingWindow` of a Lambda event source mapping, which cuts by arrival
 * time, lasts 15 minutes at most, holds 1 MB and ends with its shard: millrace never uses that one.
 * @throws ConfigurationError for a size of 0
 */
export function tumbling(size: Duration): Assigner {
  const length = milliseconds(size, 'tumbling')
  if (length === 0) {
    throw new ConfigurationError(`tumbling('${size}') has no length: expected at least '1ms'`, { size })
  }
  return {
    kind: 'tumbling',
    signature: `tumbling ${length} ms`,
    startOf: (eventTime) => Math.floor(eventTime / length) * length,
    endOf: (start) => start + length,
  }
}
