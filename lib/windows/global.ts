import { ConfigurationError } from '../core/errors.ts'
import type { Every } from './trigger.ts'
import { TriggeredReceiver } from './triggered-receiver.ts'
import type { Assigner } from './tumbling-receiver.ts'
import type { Windows } from './windows.ts'

/** A window that never closes has to be told when to fire. */
export interface NeedsEmit {
  readonly emit: 'onUpdate' | Every
}

const ENDLESS: Assigner = {
  startOf: () => Number.MIN_SAFE_INTEGER,
  endOf: () => Number.MAX_SAFE_INTEGER,
  endless: true,
}

/**
 * One window of all time for each key. It fires by `emit`, and once more when a finite stream ends; nothing is
 * late for it. Its state is kept for ever: for one that is forgotten, use `reduce` with a `ttl`.
 *
 * `start` and `end` of its panes are the smallest and the largest safe integer. For windows behind it a pane's
 * event time is that of the element that caused it, or 1 ms after the watermark if that is later.
 * @example
 * pipeline(
 *   'prices-ever',
 *   source,
 *   keyBy(),
 *   window('ever', { over: global(), aggregate: max((bid) => bid.price), emit: every('10s') }),
 *   dynamodb.sink({ table: 'prices-ever', key: ['auction'], item: ({ key, value }) => ({ auction: key, value }) }),
 * )
 */
export const global = (): Windows<NeedsEmit> => ({
  signature: 'global',
  build: (plan) => {
    if (plan.emit === 'onClose') {
      throw new ConfigurationError(
        `window '${plan.name}' over global() never closes: expected an 'emit' of 'onUpdate' or every('10s')`,
        { name: plan.name },
      )
    }
    return (context) => new TriggeredReceiver(context, { ...plan, lateness: 0 }, ENDLESS)
  },
})
