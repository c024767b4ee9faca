import { setImmediate as nextTurn } from 'node:timers/promises'
import { BatchCollector } from './batch-collector.ts'
import { BatchDelivery, type DeliveryContext } from './batch-delivery.ts'
import type { LocalStreams } from './streams.ts'
import { Wakeup } from './wakeup.ts'

/** Reads one shard from its checkpoint on: one batch in flight, the next one when it is done. */
export class ShardPoller {
  readonly #context: DeliveryContext
  readonly #collector: BatchCollector
  readonly #delivery: BatchDelivery
  readonly #wakeup: Wakeup

  /** @param after the index of the last record that is done */
  constructor(context: DeliveryContext, streams: LocalStreams, after: number) {
    const { stream, shardId, builder, clock, options } = context
    this.#context = context
    this.#collector = new BatchCollector({ streams, stream, shardId, after }, builder, clock, options)
    this.#delivery = new BatchDelivery(context)
    this.#wakeup = new Wakeup(clock)
  }

  /** Ends the wait for records. */
  wake(): void {
    this.#wakeup.wake()
  }

  /** Runs until stopped, or until every record of a shard whose stream has ended is done. */
  async run(): Promise<'stopped' | 'ended'> {
    const { signal } = this.#context
    while (!signal.aborted) {
      const next = this.#collector.next()
      if (next === 'ended') return 'ended'
      if ('wait' in next) {
        await this.#wakeup.sleep(next.wait)
        continue
      }
      if (next.tooLarge) await this.#delivery.refuse(next.records)
      else await this.#delivery.deliver(next.records)
      // A handler that never waits for anything must not keep timers and other shards from running.
      await nextTurn()
    }
    return 'stopped'
  }
}
