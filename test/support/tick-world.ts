import { RetryableError } from '../../lib/core/errors.ts'
import { pipeline } from '../../lib/core/pipeline.ts'
import { lambdaContext } from '../../lib/local/lambda-context.ts'
import { scheduledEvent } from '../../lib/local/scheduled-event.ts'
import { shardIdOf } from '../../lib/local/sequence.ts'
import { keyBy } from '../../lib/operators/key-by.ts'
import { window } from '../../lib/operators/window.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { lambda, type StreamHandler } from '../../lib/runtime/handler.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { ShardFeed } from '../../lib/testing/shard-feed.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { count } from '../../lib/windows/aggregates/count.ts'
import { tumbling } from '../../lib/windows/tumbling.ts'
import { all, readings } from './readings.ts'

export const TIMEOUT = 30_000

export const MINUTE = 60_000

export const counted = () =>
  pipeline(
    'p',
    readings(),
    keyBy(),
    window('w', { over: tumbling('1m'), aggregate: count(), late: 'drop' }),
    all(),
  )

/** Sandboxes of one function, what they are connected to, and a stream that delivers when it is told to. */
export class TickWorld {
  readonly clock = new VirtualClock()
  readonly environment = new MemoryEnvironment(this.clock)
  readonly feeds: readonly ShardFeed[]
  readonly #code: typeof counted

  constructor(shards = 1, code = counted) {
    this.#code = code
    this.environment.streams.create('readings', { shards })
    this.feeds = Array.from(
      { length: shards },
      (_, shard) => new ShardFeed(this.environment.streams, 'readings', shardIdOf(shard)),
    )
  }

  sandbox(more: Partial<Environment> = {}): StreamHandler {
    const handler = lambda(this.#code())
    const { environment } = this
    handler.connect({ ...environment, openSink: (target) => environment.openSink(target), ...more })
    return handler
  }

  /** One whose sinks take nothing. */
  brokenSandbox(): StreamHandler {
    const write = async (): Promise<never> => {
      throw new RetryableError('injected: the sink does not answer')
    }
    return this.sandbox({ openSink: () => ({ write }) })
  }

  /** A record of each event time, arriving at that time: not delivered yet. */
  put(...times: number[]): void {
    const records = times.map((at) => ({ data: Buffer.from(`a ${at} 1`), partitionKey: 'a', arrival: at }))
    this.environment.streams.put('readings', records)
  }

  async deliver(sandbox: StreamHandler): Promise<void> {
    for (const feed of this.feeds) await feed.deliver(sandbox, 100)
  }

  async tickAt(time: number, sandbox: StreamHandler): Promise<void> {
    await this.clock.advance(time - this.clock.now())
    await sandbox(
      scheduledEvent(time),
      lambdaContext('p', TIMEOUT, () => this.clock.now()),
    )
  }

  /** What the windows gave out: start and count. */
  panes(): unknown[] {
    const [sink] = this.#code().sinks
    if (sink === undefined) throw new Error('no sink')
    const items = this.environment.openSink(sink.target).items() as {
      value: { start: number; value: number }
    }[]
    return items.map(({ value }) => [value.start, value.value]).sort(([a = 0], [b = 0]) => a - b)
  }
}
