import type { Context } from 'aws-lambda'
import type { Counters } from '../../lib/core/counters.ts'
import type { DeadLetter } from '../../lib/core/dead-letter.ts'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { type EventBuilder, eventBuilder } from '../../lib/local/kinesis-event.ts'
import type { Environment } from '../../lib/runtime/environment.ts'
import { lambda, type StreamHandler } from '../../lib/runtime/handler.ts'
import type { BatchReport } from '../../lib/runtime/report.ts'
import { MemoryBlobStore } from '../../lib/state/memory-blobs.ts'
import { MemoryStateStore } from '../../lib/state/memory-store.ts'
import type { StateStore } from '../../lib/state/store.ts'
import { MemoryEnvironment } from '../../lib/testing/memory-environment.ts'
import { MemoryTable } from '../../lib/testing/memory-table.ts'
import { VirtualClock } from '../../lib/testing/virtual-clock.ts'
import { type Fault, FaultyCalls, faultyBlobs, faultySink, faultyStore } from './state-faults.ts'

/** A record as its producer put it. */
export interface Put {
  readonly partitionKey: string
  readonly data: string
  /** epoch ms */
  readonly arrival: number
}

export interface WorldOptions {
  readonly ringSize?: number
  readonly maxEntryBytes?: number
  /** a store in place of the one in memory */
  readonly store?: StateStore
}

const END_OF_TIME = Number.MAX_SAFE_INTEGER
const SHARD = 'shardId-000000000000'

/** What a sandbox answered to a batch. */
export type Answer =
  | { readonly kind: 'done'; readonly failedAt: number | undefined }
  | { readonly kind: 'failed'; readonly error: unknown }
  | { readonly kind: 'stopped' }

/** One sandbox: a handler with memory of its own, on the stores and sinks of the world. */
export class Sandbox {
  readonly handler: StreamHandler
  readonly calls = new FaultyCalls()

  constructor(handler: StreamHandler) {
    this.handler = handler
  }
}

/** One shard of a stream, the stores, the sinks, and any number of sandboxes. */
export class World {
  readonly store: StateStore
  readonly blobs = new MemoryBlobStore()
  readonly reports: BatchReport[] = []
  readonly #pipeline: Pipeline
  readonly #tables = new Map<string, MemoryTable>()
  readonly #letters = new Map<string, DeadLetter>()
  readonly #builder: EventBuilder
  readonly #claims = new MemoryEnvironment(new VirtualClock()).claims
  readonly #ringSize: number
  #nonce = 0

  constructor(pipeline: Pipeline, { ringSize = 64, maxEntryBytes, store }: WorldOptions = {}) {
    this.#pipeline = pipeline
    this.#ringSize = ringSize
    this.store = store ?? new MemoryStateStore(maxEntryBytes)
    this.#builder = eventBuilder(pipeline.sources[0].stream, SHARD, 0)
  }

  sandbox(more: Partial<Environment> = {}): Sandbox {
    const clock = new VirtualClock(1_000)
    const sandbox = new Sandbox(lambda(this.#pipeline))
    const { calls } = sandbox
    sandbox.handler.connect({
      store: faultyStore(this.store, calls, this.#ringSize),
      blobs: faultyBlobs(this.blobs, calls),
      clock,
      claims: this.#claims,
      codeVersion: '1',
      openSink: (target) => {
        const table = this.#tables.get(target.table) ?? new MemoryTable(target)
        this.#tables.set(target.table, table)
        return faultySink(table, calls)
      },
      deadLetters: faultySink({ write: (records) => this.#takeLetters(records) }, calls),
      nonce: () => `n${this.#nonce++}`,
      report: (report) => this.reports.push(report),
      ...more,
    })
    return sandbox
  }

  /** Delivers records `[from, to)` of `records` to a sandbox. */
  async deliver(
    sandbox: Sandbox,
    records: readonly Put[],
    [from, to]: readonly [number, number] = [0, records.length],
    fault?: Fault,
  ): Promise<Answer> {
    const stored = records.slice(from, to).map(({ partitionKey, arrival, data }, index) => {
      const body = Buffer.from(data)
      return { index: from + index, partitionKey, arrival, body, start: 0, end: body.length }
    })
    const stopped = sandbox.calls.begin(fault)
    const answer = sandbox.handler(this.#builder.event(stored), {} as Context).then(
      ({ batchItemFailures: [first] }): Answer => {
        const index = stored.findIndex(
          (record) => this.#builder.sequenceNumber(record) === first?.itemIdentifier,
        )
        return { kind: 'done', failedAt: first && from + index }
      },
      (error: unknown): Answer => ({ kind: 'failed', error }),
    )
    return Promise.race([answer, stopped.then((): Answer => ({ kind: 'stopped' }))])
  }

  /** Ends the stream. */
  async end(sandbox: Sandbox, watermark = END_OF_TIME): Promise<void> {
    sandbox.calls.begin(undefined)
    const { stream } = this.#pipeline.sources[0]
    await sandbox.handler({ millrace: { stream, shardId: SHARD, watermark } }, {} as Context)
  }

  /** All that the sinks and the dead letters hold; stacks tell the way through the code, not what happened. */
  contents(): Readonly<Record<string, readonly unknown[]>> {
    const tables = [...this.#tables].map(([name, table]) => [name, table.items()] as const)
    return { ...Object.fromEntries(tables.sort(([a], [b]) => (a < b ? -1 : 1))), deadLetters: this.letters() }
  }

  items(table: string): readonly Readonly<Record<string, unknown>>[] {
    return this.#tables.get(table)?.items() ?? []
  }

  letters(): readonly (DeadLetter & { id: string })[] {
    return [...this.#letters]
      .map(([id, letter]) => {
        const { name, message } = letter.error
        return { id, ...letter, error: { name, message } }
      })
      .sort((a, b) => (a.id < b.id ? -1 : 1))
  }

  /** The counters since the log began, as the last report has them. */
  totals(): Readonly<Record<string, Counters>> | undefined {
    return this.reports.at(-1)?.totals
  }

  async #takeLetters(records: readonly SinkRecord[]): Promise<readonly never[]> {
    for (const { id, payload } of records) this.#letters.set(id, payload as DeadLetter)
    return []
  }
}

/** A record of `readings`, which arrives when it happens. */
export const put = (at: number, n = 1, key = 'a'): Put => ({
  partitionKey: key,
  data: `${key} ${at} ${n}`,
  arrival: at,
})
