import type { Counters } from '../core/counters.ts'
import type { Cursor } from '../core/cursor.ts'
import type { Receiver } from '../core/graph.ts'
import { hashKeyOf, isInRange } from '../core/hash-key.ts'
import type { KeyedState } from '../core/keyed-state.ts'
import { type RangeEntry, RangeMap, type StoredRange } from '../core/range-map.ts'
import type { HashRange } from '../core/shards.ts'
import type { FrameOutput } from './exchange-writer.ts'
import type { Exchange } from './exchanges.ts'
import { encodeFrame, IDLE, type SentEntry } from './frame.ts'

const NOTHING_SENT: readonly SentEntry[] = []

/** What was sent last to each range of hash keys, as the sender's state has it. */
export type SentRanges = RangeMap<readonly SentEntry[]>

const sameEntries = (a: readonly SentEntry[], b: readonly SentEntry[]): boolean =>
  a.length === b.length &&
  a.every(({ task, version }, index) => b[index]?.task === task && b[index]?.version === version)

export const sentRanges = (entries: readonly RangeEntry<readonly SentEntry[]>[] = []): SentRanges =>
  new RangeMap(sameEntries, entries)

/** How the sender's state is kept. */
export const SENT_SHAPE = {
  copy: (sent: SentRanges): SentRanges => sent,
  store: (sent: SentRanges) => sent.stored(),
  revive: (stored: readonly StoredRange<readonly SentEntry[]>[]): SentRanges =>
    RangeMap.revive(sameEntries, stored),
}

/** The entry that frames are made for. */
export interface Shipment {
  readonly task: string
  readonly epoch: number
  /** of the entry that will hold the frames */
  readonly version: number
  /** the open shards of the exchange's stream, in order, as far as is known */
  readonly ranges: readonly HashRange[]
  /** with a seal: the tasks that go on in place of this one */
  readonly children?: readonly string[]
}

/** What a sender gets of its task. */
export interface SenderContext {
  readonly cursor: Cursor
  readonly counters: Counters
  readonly state: KeyedState<SentRanges>
  fail(error: unknown): void
}

interface Element {
  readonly cursor: Cursor
  readonly key: string
  readonly value: unknown
}

/**
 * The near side of an exchange: gathers the elements of a batch by their new key, and makes frames of them,
 * one for each shard of the stream that elements or a new watermark go to (protocol R23, R26).
 */
export class ExchangeSender {
  readonly exchange: Exchange
  readonly #context: SenderContext
  #elements: Element[] = []
  /** of each input */
  readonly #watermarks: number[] = []
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark that every shard has been told */
  #told = Number.NEGATIVE_INFINITY
  #idle = false

  constructor(exchange: Exchange, context: SenderContext) {
    this.exchange = exchange
    this.#context = context
  }

  push(value: unknown): void {
    const { cursor, counters, fail } = this.#context
    let key: string
    try {
      key = this.exchange.keyOf(value as never)
    } catch (error) {
      counters.failed++
      fail(error)
      return
    }
    counters.passed++
    this.#elements.push({ cursor: { ...cursor }, key, value })
  }

  /** A receiver for one of the lanes that feed it. */
  input(): Receiver<unknown> {
    const index = this.#watermarks.push(Number.NEGATIVE_INFINITY) - 1
    return {
      push: (value) => this.push(value),
      advance: (watermark) => {
        this.#watermarks[index] = watermark
        this.#watermark = Math.min(...this.#watermarks)
      },
      restore: (watermark) => {
        this.#watermarks[index] = watermark
        this.#watermark = Math.min(...this.#watermarks)
        this.#told = this.#watermark
        this.#idle = false
        this.#elements = []
      },
    }
  }

  /** Tells every shard that this task never had a record: nobody need wait for it (protocol R20). */
  idle(): void {
    this.#idle = true
  }

  /** The frames of the batch, for the outbox of its entry; its elements are then forgotten. */
  ship(shipment: Shipment): FrameOutput[] {
    const { children } = shipment
    const everyone = children !== undefined || this.#idle || this.#watermark > this.#told
    const elements = this.#byRange(shipment.ranges)
    const outputs = shipment.ranges.flatMap((range, index) => {
      const own = elements[index] ?? []
      return own.length > 0 || everyone ? this.#frame(shipment, range, own) : []
    })
    this.#elements = []
    this.#told = this.#watermark
    this.#idle = false
    return outputs
  }

  #byRange(ranges: readonly HashRange[]): Element[][] {
    const places = new Map<string, number>()
    const elements: Element[][] = ranges.map(() => [])
    for (const element of this.#elements) {
      let place = places.get(element.key)
      if (place === undefined) {
        const hashKey = hashKeyOf(element.key)
        place = ranges.findIndex((range) => isInRange(range, hashKey))
        places.set(element.key, place)
      }
      elements[place]?.push(element)
    }
    return elements
  }

  #frame(shipment: Shipment, range: HashRange, elements: readonly Element[]): FrameOutput[] {
    const { task, epoch, version, children } = shipment
    const cell = this.#context.state.get(0, '') ?? this.#context.state.create(0, '', sentRanges())
    const previous = cell.value.within(range, NOTHING_SENT)
    const head = {
      task,
      epoch,
      version,
      watermark: this.#idle ? IDLE : this.#watermark,
      range,
      previous,
      ...(children && { children }),
    }
    const columns = {
      keys: elements.map(({ key }) => key),
      times: elements.map(({ cursor }) => cursor.eventTime),
      values: elements.map(({ value }) => value),
    }
    const parts = encodeFrame(head, columns, (index, error) => this.#refuse(elements[index], error))
    this.#context.state.touch(cell)
    cell.value = cell.value.update(range, NOTHING_SENT, () => [{ task: '', version }])
    const start = range.startingHashKey.toString(16)
    const end = range.endingHashKey.toString(16)
    return parts.map((data) => ({ start, end, data }))
  }

  /** It was counted as sent when it came. */
  #refuse(element: Element | undefined, error: unknown): void {
    const { cursor, counters, fail } = this.#context
    if (element === undefined) return
    const before = { ...cursor }
    Object.assign(cursor, element.cursor)
    counters.passed--
    counters.failed++
    fail(error)
    Object.assign(cursor, before)
  }
}
