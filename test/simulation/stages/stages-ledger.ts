import { plainJson } from '../../../lib/core/plain-json.ts'
import { compareSequenceNumbers } from '../../../lib/core/sequence-number.ts'
import type { SinkRecord } from '../../../lib/core/sink-writer.ts'
import { decodeEntry, isBlobReference, type LogEntry } from '../../../lib/state/entry.ts'
import type { Attempt, BlobStore, StoredEntry } from '../../../lib/state/store.ts'
import { isCloseToGivingUp } from '../ledger.ts'

/** The logs of all tasks of all stages, and what must hold whenever one goes on. */
export class StagesLedger {
  readonly #blobs: BlobStore
  readonly #fail: (reason: string) => void
  readonly #heads = new Map<string, LogEntry>()
  readonly #attempts = new Map<string, Attempt>()
  readonly #written = new Map<string, string>()

  constructor(blobs: BlobStore, fail: (reason: string) => void) {
    this.#blobs = blobs
    this.#fail = fail
  }

  /** The newest entry of the task of a shard. */
  head(stream: string, shardId: string): LogEntry | undefined {
    const name = [...this.#heads.keys()].find((task) => task.endsWith(`/${stream}/${shardId}`))
    return name === undefined ? undefined : this.#heads.get(name)
  }

  /** Whether more kills would make the record above a task's position a dead letter (R17). */
  isHot(stream: string, shardId: string): boolean {
    const name = [...this.#attempts.keys()].find((task) => task.endsWith(`/${stream}/${shardId}`))
    const attempt = name === undefined ? undefined : this.#attempts.get(name)
    return (
      attempt !== undefined && isCloseToGivingUp(attempt, this.head(stream, shardId)?.sequenceNumber ?? '')
    )
  }

  attempted(task: string, attempt: Attempt): void {
    this.#attempts.set(task, attempt)
  }

  async committed(task: string, { version, body }: StoredEntry): Promise<void> {
    const entry = decodeEntry(body)
    const before = this.#heads.get(task)
    this.#heads.set(task, entry)
    if (before?.sealed) this.#fail(`entry ${version} of ${task} comes after the seal`)
    if (before !== undefined && entry.watermark < before.watermark)
      this.#fail(`the watermark of ${task} goes back`)
    if (before !== undefined && compareSequenceNumbers(entry.sequenceNumber, before.sequenceNumber) < 0) {
      this.#fail(`entry ${version} of ${task} does not go on`)
    }
    const names = (entry.snapshot?.parts ?? []).map(({ name }) => name)
    for (const part of [entry.state, entry.outbox]) if (isBlobReference(part)) names.push(part.blob)
    for (const name of names) {
      if ((await this.#blobs.get(name)) === undefined)
        this.#fail(`entry ${version} points at a missing ${name}`)
    }
  }

  markedDelivered(): void {}

  /** An output reaches a sink: the same whenever it comes (R12). */
  published({ id, payload }: SinkRecord): void {
    const text = plainJson(payload)
    const before = this.#written.get(id)
    if (before !== undefined && before !== text) this.#fail(`output ${id} came with two contents`)
    this.#written.set(id, text)
  }
}
