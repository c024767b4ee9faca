import { RetryableError } from '../../lib/core/errors.ts'
import type { SinkWriter } from '../../lib/core/sink-writer.ts'
import type { BlobStore, StateStore } from '../../lib/state/store.ts'

/** What goes wrong at one await of an invocation. */
export interface Fault {
  /** which of the invocation's awaits, from 0 */
  readonly at: number
  /** whether the call has had its effect; with `half` a sink has taken half of its records */
  readonly when: 'before' | 'half' | 'after'
  /** a failure that a retry cures, one that it does not, or a sandbox that stops there and may go on later */
  readonly how: 'retryable' | 'fatal' | 'stop'
}

/** Breaks the calls of one sandbox to its stores and sinks, as told. */
export class FaultyCalls {
  #fault: Fault | undefined
  #calls = 0
  #stopped: () => void = () => {}
  #goOn: (() => void) | undefined

  /** Begins an invocation. @returns a promise that resolves if the sandbox stops in it */
  begin(fault: Fault | undefined): Promise<'stopped'> {
    this.#fault = fault
    this.#calls = 0
    return new Promise((resolve) => {
      this.#stopped = () => resolve('stopped')
    })
  }

  /** Lets a stopped sandbox go on: a zombie. */
  goOn(): void {
    this.#fault = undefined
    this.#goOn?.()
    this.#goOn = undefined
  }

  async call<A>(effect: () => Promise<A>, half?: () => Promise<unknown>): Promise<A> {
    const fault = this.#calls++ === this.#fault?.at ? this.#fault : undefined
    if (fault === undefined) return effect()
    if (fault.when === 'before') await this.#break(fault)
    if (fault.when === 'half' && half !== undefined) {
      await half()
      await this.#break(fault)
    }
    const result = await effect()
    if (fault.when !== 'before') await this.#break(fault)
    return result
  }

  async #break({ how }: Fault): Promise<void> {
    if (how === 'retryable') throw new RetryableError('injected: no answer')
    if (how === 'fatal') throw new Error('injected: broken')
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#goOn = resolve
    this.#stopped()
    await promise
  }
}

/** A store with rings of a size of the test's, whose calls can break. */
export const faultyStore = (store: StateStore, calls: FaultyCalls, ringSize: number): StateStore => ({
  maxEntryBytes: store.maxEntryBytes,
  openPipeline: (pipeline, initial) =>
    calls.call(() => store.openPipeline(pipeline, { ...initial, ringSize })),
  replacePipeline: (pipeline, expected, next) =>
    calls.call(() => store.replacePipeline(pipeline, expected, next)),
  load: (task) => calls.call(() => store.load(task)),
  append: (task, entry, size) => calls.call(() => store.append(task, entry, size)),
  markDelivered: (task, version, idle) => calls.call(() => store.markDelivered(task, version, idle)),
  isIdle: (task, ringSize) => calls.call(() => store.isIdle(task, ringSize)),
  noteAttempt: (task, attempt) => calls.call(() => store.noteAttempt(task, attempt)),
})

export const faultyBlobs = (blobs: BlobStore, calls: FaultyCalls): BlobStore => ({
  put: (name, bytes) => calls.call(() => blobs.put(name, bytes)),
  get: (name) => calls.call(() => blobs.get(name)),
  delete: (names) =>
    calls.call(
      () => blobs.delete(names),
      () => blobs.delete(names.slice(0, names.length / 2)),
    ),
  list: (prefix) => calls.call(() => blobs.list(prefix)),
})

export const faultySink = (sink: SinkWriter, calls: FaultyCalls): SinkWriter => ({
  write: (records) =>
    calls.call(
      () => sink.write(records),
      () => sink.write(records.slice(0, records.length / 2)),
    ),
})
