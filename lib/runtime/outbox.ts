import type { Cursor } from '../core/cursor.ts'
import { ConfigurationError } from '../core/errors.ts'
import { MAX_OUTPUTS, MAX_SINKS, type Order } from '../core/order.ts'
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

/** Gathers the outputs of a batch, each under the place of the record that caused it (protocol R12). */
export class Outbox {
  readonly #sinks: readonly string[]
  readonly #cursor: Cursor
  readonly #numbering: Numbering[]
  #causes: [sequenceNumber: string, subSequence: number][] = []
  #records: OutboxRecord[] = []

  /** @param sinks the labels of the plan's sinks, in its order */
  constructor(sinks: readonly string[], cursor: Cursor) {
    this.#sinks = [...sinks, DEAD_LETTERS]
    this.#cursor = cursor
    this.#numbering = this.#sinks.map(() => ({ sequenceNumber: '', subSequence: -1, next: 0 }))
  }

  get length(): number {
    return this.#records.length
  }

  get deadLetters(): number {
    const sink = this.#sinks.length - 1
    return this.#records.reduce((n, record) => (record.sink === sink ? n + 1 : n), 0)
  }

  /** @param sink the sink's number in the plan; one more than the last is the dead letters' */
  emit(sink: number, payload: unknown): void {
    const { sequenceNumber, subSequence } = this.#cursor
    const output = this.#number(sink, sequenceNumber, subSequence)
    const [sequence, sub] = this.#causes.at(-1) ?? []
    if (sequence !== sequenceNumber || sub !== subSequence) this.#causes.push([sequenceNumber, subSequence])
    this.#records.push({ sink, cause: this.#causes.length - 1, output, payload })
  }

  emitDeadLetter(payload: unknown): void {
    this.emit(this.#sinks.length - 1, payload)
  }

  clear(): void {
    this.#causes = []
    this.#records = []
    for (const numbering of this.#numbering) numbering.sequenceNumber = ''
  }

  /** The outputs as a log entry holds them. */
  stored(): StoredOutbox {
    return { sinks: this.#sinks, causes: this.#causes, records: this.#records }
  }

  #number(sink: number, sequenceNumber: string, subSequence: number): number {
    const numbering = this.#numbering[sink]
    if (numbering === undefined) throw new RangeError(`no sink ${sink}`)
    if (numbering.sequenceNumber !== sequenceNumber || numbering.subSequence !== subSequence) {
      numbering.sequenceNumber = sequenceNumber
      numbering.subSequence = subSequence
      numbering.next = 0
    }
    if (numbering.next > MAX_OUTPUTS) {
      throw new ConfigurationError(
        `one record made more than ${MAX_OUTPUTS} outputs for ${this.#sinks[sink]}: expected fewer; split the record before it reaches the stream`,
        { sink: this.#sinks[sink], sequenceNumber },
      )
    }
    return (sink % (MAX_SINKS + 1)) * (MAX_OUTPUTS + 1) + numbering.next++
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
