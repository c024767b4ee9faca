import type { Cursor } from '../core/cursor.ts'
import { ConfigurationError } from '../core/errors.ts'
import { MAX_OUTPUTS, type Order } from '../core/order.ts'
import type { SinkRecord } from '../core/sink-writer.ts'
import type { OutboxRecord, StoredOutbox } from '../state/entry.ts'

/** Label and number of the sink that dead letters go to. */
export const DEAD_LETTERS = 'dead-letters'

/** What numbers the outputs of one record for one sink. */
interface Numbering {
  sequenceNumber: string
  subSequence: number
  next: number
}

type Cause = [sequenceNumber: string, subSequence: number]

/** Gathers the outputs of a batch, each under the place of the record that caused it (protocol R12). */
export class Outbox {
  readonly #sinks: readonly string[]
  readonly #parts: readonly string[]
  readonly #cursor: Cursor
  readonly #numbering: Numbering[]
  #causes: Cause[] = []
  #records: OutboxRecord[] = []
  /** by sink, where the newest output is that overwrites something */
  readonly #newest = new Map<number, Map<string, number>>()
  /** places of records that a newer one has overwritten */
  readonly #overwritten = new Set<number>()

  /**
   * @param sinks the labels of the plan's sinks, in its order
   * @param parts the labels of all that can fail, in an order that the plan fixes
   */
  constructor(sinks: readonly string[], parts: readonly string[], cursor: Cursor) {
    this.#sinks = [...sinks, DEAD_LETTERS]
    this.#parts = parts
    this.#cursor = cursor
    const numbers = [...sinks, ...parts]
    this.#numbering = numbers.map(() => ({ sequenceNumber: '', subSequence: -1, next: 0 }))
  }

  get length(): number {
    return this.#records.length - this.#overwritten.size
  }

  get deadLetters(): number {
    const sink = this.#sinks.length - 1
    return this.#records.reduce((n, record) => (record.sink === sink ? n + 1 : n), 0)
  }

  /**
   * @param sink the sink's number in the plan
   * @param overwrites what the output overwrites there: an older one of the batch that does the same goes
   */
  emit(sink: number, payload: unknown, overwrites?: string): void {
    if (overwrites !== undefined) this.#overwrite(sink, overwrites)
    this.#emit(sink, sink, payload)
  }

  /**
   * Dead letters are numbered for each operator by itself: how those of several lie between each other
   * depends on what waits for promises, and so on where the batch was cut.
   */
  emitDeadLetter(operator: string, payload: unknown): void {
    const sink = this.#sinks.length - 1
    this.#emit(sink, sink + this.#parts.indexOf(operator), payload)
  }

  #emit(sink: number, numbers: number, payload: unknown): void {
    const { sequenceNumber, subSequence } = this.#cursor
    const output = this.#number(numbers, sequenceNumber, subSequence)
    const last = this.#causes[this.#causes.length - 1]
    if (last === undefined || last[0] !== sequenceNumber || last[1] !== subSequence) {
      this.#causes.push([sequenceNumber, subSequence])
    }
    this.#records.push({ sink, cause: this.#causes.length - 1, output, payload })
  }

  #overwrite(sink: number, what: string): void {
    let newest = this.#newest.get(sink)
    if (newest === undefined) {
      newest = new Map()
      this.#newest.set(sink, newest)
    }
    const older = newest.get(what)
    if (older !== undefined) this.#overwritten.add(older)
    newest.set(what, this.#records.length)
  }

  clear(): void {
    this.#causes = []
    this.#records = []
    this.#newest.clear()
    this.#overwritten.clear()
    for (const numbering of this.#numbering) numbering.sequenceNumber = ''
  }

  /** The outputs as a log entry holds them. */
  stored(): StoredOutbox {
    if (this.#overwritten.size === 0) {
      return { sinks: this.#sinks, causes: this.#causes, records: this.#records }
    }
    const causes: Cause[] = []
    const records: OutboxRecord[] = []
    let last = -1
    for (const [place, record] of this.#records.entries()) {
      if (this.#overwritten.has(place)) continue
      // Without those that caused only what was overwritten.
      if (record.cause !== last) causes.push(this.#causes[record.cause] as Cause)
      last = record.cause
      records.push({ ...record, cause: causes.length - 1 })
    }
    return { sinks: this.#sinks, causes, records }
  }

  #number(numbers: number, sequenceNumber: string, subSequence: number): number {
    const numbering = this.#numbering[numbers]
    if (numbering === undefined) throw new RangeError(`no sink or operator ${numbers}`)
    if (numbering.sequenceNumber !== sequenceNumber || numbering.subSequence !== subSequence) {
      numbering.sequenceNumber = sequenceNumber
      numbering.subSequence = subSequence
      numbering.next = 0
    }
    if (numbering.next > MAX_OUTPUTS) {
      throw new ConfigurationError(
        `one record made more than ${MAX_OUTPUTS} outputs for ${this.#sinks[numbers] ?? DEAD_LETTERS}: expected fewer; split the record before it reaches the stream`,
        { sink: this.#sinks[numbers] ?? DEAD_LETTERS, sequenceNumber },
      )
    }
    return numbers * (MAX_OUTPUTS + 1) + numbering.next++
  }
}

/** The parts of an output's order and id that its whole entry shares. */
export interface EntryOrder {
  readonly task: string
  readonly generation: number
  readonly epoch: number
  readonly tick: number
}

/** The outputs of an outbox, by label of their sink, as sinks get them. */
export function sinkRecords(outbox: StoredOutbox, entry: EntryOrder): Map<string, SinkRecord[]> {
  const bySink = new Map<string, SinkRecord[]>()
  const { task, generation, epoch, tick } = entry
  for (const { sink, cause, output, payload } of outbox.records) {
    const label = outbox.sinks[sink] ?? DEAD_LETTERS
    const [sequenceNumber, subSequence] = outbox.causes[cause] ?? ['', 0]
    let records = bySink.get(label)
    if (records === undefined) {
      records = []
      bySink.set(label, records)
    }
    const order = { generation, epoch, sequenceNumber, subSequence, tick, output }
    records.push(new OutboxSinkRecord(task, order, payload))
  }
  return bySink
}

class OutboxSinkRecord implements SinkRecord {
  readonly order: Order
  readonly payload: unknown
  readonly #task: string

  constructor(task: string, order: Order, payload: unknown) {
    this.#task = task
    this.order = order
    this.payload = payload
  }

  /** Made when asked for: most sinks go by the order alone. */
  get id(): string {
    const { epoch, sequenceNumber, subSequence, tick, output } = this.order
    return `${this.#task}:${epoch}.${sequenceNumber}.${subSequence}.${tick}.${output}`
  }
}
