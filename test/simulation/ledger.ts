import type { DeadLetter } from '../../lib/core/dead-letter.ts'
import { plainJson } from '../../lib/core/plain-json.ts'
import { compareSequenceNumbers } from '../../lib/core/sequence-number.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import { sinkRecords } from '../../lib/runtime/outbox.ts'
import type { Plan } from '../../lib/runtime/plan.ts'
import {
  decodeEntry,
  decodeOutbox,
  isBlobReference,
  type LogEntry,
  type StoredOutbox,
} from '../../lib/state/entry.ts'
import type { Attempt, BlobStore, StoredEntry } from '../../lib/state/store.ts'
import { CommittedTables } from './committed-tables.ts'
import { isRefused } from './records.ts'

/** The attempt from which on a shard is left in peace: two more kills would give its record up (R17). */
const CALM_FROM = 3

interface LedgerContext {
  readonly blobs: BlobStore
  readonly generation: number
  readonly plan: Plan
  readonly fail: (reason: string) => void
  readonly event: (event: string) => void
}

/** What has been committed, and what must hold whenever something is written. */
export class Ledger {
  readonly #blobs: BlobStore
  readonly #generation: number
  readonly #fail: (reason: string) => void
  readonly #event: (event: string) => void
  /** the payload of each committed output, by id */
  readonly #outputs = new Map<string, string>()
  readonly #ids = new Map<string, Set<string>>()
  readonly #written = new Map<string, string>()
  readonly #heads = new Map<string, LogEntry>()
  readonly #versions = new Map<string, number>()
  readonly #attempts = new Map<string, Attempt>()
  /** false for a pipeline without a log: its outputs are in no entry */
  readonly logged: boolean
  readonly tables: CommittedTables

  constructor({ blobs, generation, plan, fail, event }: LedgerContext) {
    this.#blobs = blobs
    this.#generation = generation
    this.logged = plan.stage !== undefined
    this.tables = new CommittedTables(plan, isRefused)
    this.#fail = fail
    this.#event = event
  }

  get tasks(): string[] {
    return [...this.#heads.keys()].sort()
  }

  /** Whether the next kill or two would make the record above the task's position a dead letter. */
  isHot(task: string | undefined): boolean {
    const attempt = task === undefined ? undefined : this.#attempts.get(task)
    if (task === undefined || attempt === undefined) return false
    return isCloseToGivingUp(attempt, this.#heads.get(task)?.sequenceNumber ?? '')
  }

  /** The newest version of a task; -1 before the first. */
  versionOf(task: string): number {
    return this.#versions.get(task) ?? -1
  }

  attempted(task: string, attempt: Attempt): void {
    this.#attempts.set(task, attempt)
  }

  taskOf(shardId: string): string | undefined {
    return [...this.#attempts.keys()].find((task) => task.endsWith(shardId))
  }

  /** An entry is in: its outputs may be seen from now on; all that it points at must be there. */
  async committed(task: string, { version, body }: StoredEntry): Promise<void> {
    const entry = decodeEntry(body)
    const before = this.#heads.get(task)
    this.#heads.set(task, entry)
    this.#versions.set(task, version)
    const rises = compareSequenceNumbers(entry.sequenceNumber, before?.sequenceNumber ?? '')
    if (rises < 0 || (rises === 0 && entry.tick === 0)) this.#fail(`entry ${version} does not go on`)
    if (before !== undefined && entry.watermark < before.watermark) this.#fail('the watermark goes back')
    const { snapshot } = entry
    if (snapshot?.version === version) {
      const { length } = snapshot.parts
      this.#event(
        `a snapshot ${length === 0 ? 'in its entry' : length === 1 ? 'in a blob' : 'of several parts'}`,
      )
    }
    if (isBlobReference(entry.outbox)) this.#event('an outbox in a blob')
    if (isBlobReference(entry.state)) this.#event('a state in a blob')
    for (const { name } of snapshot?.parts ?? []) {
      if ((await this.#blobs.get(name)) === undefined)
        this.#fail(`entry ${version} points at a missing ${name}`)
    }
    if (isBlobReference(entry.state) && (await this.#blobs.get(entry.state.blob)) === undefined) {
      this.#fail(`the state of entry ${version} is missing`)
    }
    // Nobody goes on from an entry whose outputs are not out (R7).
    this.#expectWritten(task, version - 1, `when entry ${version} came`)
    const outbox = await this.#outboxOf(entry, version)
    const { epoch, tick } = entry
    const generation = this.#generation
    const ids = new Set<string>()
    this.#ids.set(`${task} ${version}`, ids)
    for (const [label, records] of sinkRecords(outbox, { task, generation, epoch, tick })) {
      for (const record of records) {
        const { id, payload } = record
        this.tables.apply(label, record)
        if (this.#outputs.has(id)) this.#fail(`output ${id} is in two entries`)
        this.#outputs.set(id, textOf(payload))
        ids.add(id)
      }
    }
  }

  /** An outbox is marked delivered: each of its outputs must have been written. */
  markedDelivered(task: string, version: number): void {
    this.#expectWritten(task, version, 'when it was marked delivered')
  }

  /** An output reaches a sink: it must be in a committed entry, and be the same whenever it comes (R3, R12). */
  published({ id, payload }: SinkRecord): void {
    const text = textOf(payload)
    const refused = (payload as Partial<DeadLetter>).output !== undefined
    const before = this.#written.get(id)
    if (before !== undefined && before !== text && !refused) this.#fail(`output ${id} came with two contents`)
    if (!refused || before === undefined) this.#written.set(id, text)
    if (!this.logged) return
    const committed = this.#outputs.get(id)
    if (committed === undefined) this.#fail(`output ${id} was published and is in no entry`)
    else if (committed !== text && !refused) this.#fail(`output ${id} is not what its entry holds`)
  }

  #expectWritten(task: string, version: number, when: string): void {
    for (const id of this.#ids.get(`${task} ${version}`) ?? []) {
      if (!this.#written.has(id)) this.#fail(`output ${id} of entry ${version} was in no sink ${when}`)
    }
  }

  async #outboxOf({ outbox }: LogEntry, version: number): Promise<StoredOutbox> {
    if (!isBlobReference(outbox)) return outbox
    const bytes = await this.#blobs.get(outbox.blob)
    if (bytes !== undefined) return decodeOutbox(bytes)
    this.#fail(`the outbox of entry ${version} is missing`)
    return { sinks: [], causes: [], records: [] }
  }
}

/** Whether the record above this position is alone, and given up after a kill or two more. */
export const isCloseToGivingUp = ({ limit, attempts, sequenceNumber }: Attempt, position: string): boolean =>
  limit <= 1 && attempts >= CALM_FROM && sequenceNumber === position

/** Stacks tell the way through the code, not what happened. */
export function withoutStack<A>(payload: A): A {
  const { error } = payload as Partial<DeadLetter>
  return error === undefined ? payload : { ...payload, error: { name: error.name, message: error.message } }
}

const textOf = (payload: unknown): string => plainJson(withoutStack(payload))
