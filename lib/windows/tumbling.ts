import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import { calendarDays, DAY } from './calendar.ts'
import { TriggeredReceiver } from './triggered-receiver.ts'
import { type Assigner, TumblingReceiver } from './tumbling-receiver.ts'
import type { Windows } from './windows.ts'

export interface TumblingOptions {
  /**
   * How much later than the epoch, or than midnight, a window begins: `tumbling('7d', { offset: '4d' })` are
   * weeks from Monday on, the epoch being a Thursday.
   * @default '0ms'
   */
  readonly offset?: Duration
}

export interface CalendarOptions extends TumblingOptions {
  /**
   * By whose clocks a day is counted: a name of the IANA database. When they are changed a day lasts 23 or 25
   * hours; where midnight is left out, it begins when the clocks go on.
   */
  readonly timeZone: string
}

/**
 * Windows of one size, side by side, aligned to the epoch: `[n * size, (n + 1) * size)` in UTC, or in whole
 * days of a time zone.
 *
 * Not to be mistaken for the `tumblingWindow` of a Lambda event source mapping, which cuts by arrival
 * time, lasts 15 minutes at most, holds 1 MB and ends with its shard: millrace never uses that one.
 * @example
 * tumbling('1h')
 * @example
 * tumbling('1d', { timeZone: 'Europe/Berlin' })
 * @throws ConfigurationError for a size of 0, a time zone that does not exist, or one with a part of a day
 */
export function tumbling(size: `${number}d`, options: CalendarOptions): Windows & Assigner
export function tumbling(size: Duration, options?: TumblingOptions): Windows & Assigner
export function tumbling(
  size: Duration,
  { offset = '0ms', timeZone }: TumblingOptions & Partial<CalendarOptions> = {},
): Windows & Assigner {
  const length = milliseconds(size, 'tumbling')
  if (length === 0) {
    throw new ConfigurationError(`tumbling('${size}') has no length: expected at least '1ms'`, { size })
  }
  const shift = milliseconds(offset, 'offset') % length
  const assigner = timeZone === undefined ? aligned(length, shift) : days(size, length, shift, timeZone)
  const place = `${shift === 0 ? '' : `, offset ${shift} ms`}${timeZone === undefined ? '' : `, ${timeZone}`}`
  return {
    ...assigner,
    signature: `tumbling ${length} ms${place}`,
    build: (plan) => {
      const plain = plan.emit === 'onClose' && plan.mode === 'accumulating'
      return (context) =>
        plain ? new TumblingReceiver(context, plan, assigner) : new TriggeredReceiver(context, plan, assigner)
    },
  }
}

const aligned = (length: number, shift: number): Assigner => ({
  startOf: (eventTime) => Math.floor((eventTime - shift) / length) * length + shift,
  endOf: (start) => start + length,
})

function days(size: Duration, length: number, shift: number, timeZone: string): Assigner {
  if (length % DAY === 0) return calendarDays(length, shift, timeZone)
  throw new ConfigurationError(
    `tumbling('${size}', { timeZone: '${timeZone}' }) cuts days: expected whole days, such as '1d'; hours begin alike in most zones, and 'offset' moves them for the others`,
    { size, timeZone },
  )
}
