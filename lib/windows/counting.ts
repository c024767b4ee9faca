import { ConfigurationError } from '../core/errors.ts'
import { CountingReceiver } from './counting-receiver.ts'
import { type NeedsClose, refuseEarlyPanes, type Windows } from './windows.ts'

/**
 * Windows of so many elements of a key, in the order in which they come (Flink's countWindow). Each fires once,
 * when it is full, and what is left when a finite stream ends fires then; nothing is late. The pane's index
 * counts the windows of its key. Its bounds are `[first, last + 1 ms)`, by the smallest and the largest event
 * time in it; for windows behind it, its event time is that of its last element to come, or 1 ms after the
 * watermark if that is later.
 *
 * What is in which window depends on the order in which elements arrive. A key's count is kept for ever.
 * @example
 * counting(100)
 * @throws ConfigurationError for a number that is not a whole one of at least 1
 */
export function counting(elements: number): Windows<NeedsClose> {
  if (!Number.isSafeInteger(elements) || elements < 1) {
    throw new ConfigurationError(`counting(${elements}) cannot be: expected a whole number of at least 1`, {
      elements,
    })
  }
  return {
    signature: `counting ${elements}`,
    build: (plan) => {
      refuseEarlyPanes(plan, 'counting')
      return (context) => new CountingReceiver(context, plan, elements)
    },
  }
}
