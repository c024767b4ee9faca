import type { AppendResult, Attempt, PipelineMeta, StateStore, StoredEntry, TaskItems } from './store.ts'

/** A state store that lives as long as its process: for tests and for trying things out. */
export class MemoryStateStore implements StateStore {
  readonly maxEntryBytes: number
  readonly #pipelines = new Map<string, PipelineMeta>()
  readonly #rings = new Map<string, Map<number, StoredEntry>>()
  readonly #marks = new Map<string, { readonly version: number; readonly idle: boolean }>()
  readonly #attempts = new Map<string, Attempt>()

  /** @param maxEntryBytes as for DynamoDB: 400 KB an item, less its other attributes */
  constructor(maxEntryBytes = 390_000) {
    this.maxEntryBytes = maxEntryBytes
  }

  async openPipeline(pipeline: string, initial: PipelineMeta): Promise<PipelineMeta> {
    const known = this.#pipelines.get(pipeline)
    if (known !== undefined) return known
    this.#pipelines.set(pipeline, initial)
    return initial
  }

  async replacePipeline(pipeline: string, expected: PipelineMeta, next: PipelineMeta): Promise<boolean> {
    const known = this.#pipelines.get(pipeline)
    if (JSON.stringify(known) !== JSON.stringify(expected)) return false
    this.#pipelines.set(pipeline, next)
    return true
  }

  async load(task: string): Promise<TaskItems> {
    return {
      entries: [...(this.#rings.get(task)?.values() ?? [])],
      delivered: this.#marks.get(task)?.version,
      attempt: this.#attempts.get(task),
    }
  }

  async append(task: string, entry: StoredEntry, ringSize: number): Promise<AppendResult> {
    let ring = this.#rings.get(task)
    if (ring === undefined) {
      ring = new Map()
      this.#rings.set(task, ring)
    }
    const slot = entry.version % ringSize
    const holder = ring.get(slot)
    const free = holder === undefined ? entry.version < ringSize : holder.version === entry.version - ringSize
    if (!free) return { committed: false, holder }
    ring.set(slot, entry)
    return { committed: true }
  }

  async markDelivered(task: string, version: number, idle = false): Promise<void> {
    if (version >= (this.#marks.get(task)?.version ?? -1)) this.#marks.set(task, { version, idle })
  }

  async isIdle(task: string, ringSize: number): Promise<boolean> {
    const mark = this.#marks.get(task)
    if (!mark?.idle) return false
    const next = mark.version + 1
    return this.#rings.get(task)?.get(next % ringSize)?.version !== next
  }

  async noteAttempt(task: string, attempt: Attempt): Promise<void> {
    this.#attempts.set(task, attempt)
  }
}
