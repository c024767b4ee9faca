import type { Cursor } from '../core/cursor.ts'
import type { Receiver, Waiting } from '../core/graph.ts'
import { isPromise } from '../core/promise.ts'

type Settled<B> = { readonly value: B } | { readonly error: unknown }

interface WaitingElement<A, B> {
  readonly cursor: Cursor
  readonly input: A
  /** unset until started */
  result?: Settled<B> | Promise<Settled<B>>
}

interface WaitingWatermark {
  /** the record that moved it: what closes behind is caused by that one */
  readonly cursor: Cursor
  readonly watermark: number
}

interface Doors<A, B> {
  readonly transform: (value: A) => B | Promise<B>
  readonly concurrency: number
  readonly cursor: Cursor
  readonly pass: (value: B) => void
  readonly fail: (error: unknown, input: A) => void
  readonly output: Receiver<unknown>
}

/**
 * Where elements wait for promises, in order, with the watermarks between them. They leave as they
 * came, each under its own cursor, so that all behind sees what it would have seen without waiting.
 */
export class WaitingRoom<A, B> implements Waiting {
  readonly #doors: Doors<A, B>
  #queue: (WaitingElement<A, B> | WaitingWatermark)[] = []
  #unstarted = 0
  #pending = 0

  constructor(doors: Doors<A, B>) {
    this.#doors = doors
  }

  get waiting(): number {
    return this.#queue.length
  }

  enter(input: A, started?: Promise<B>): void {
    const element: WaitingElement<A, B> = { cursor: { ...this.#doors.cursor }, input }
    if (started !== undefined) element.result = this.#settle(started)
    this.#queue.push(element)
    this.#start()
  }

  advance(watermark: number): void {
    this.#queue.push({ cursor: { ...this.#doors.cursor }, watermark })
  }

  clear(): void {
    this.#queue = []
    this.#unstarted = 0
    this.#pending = 0
  }

  async drain(limit: number): Promise<void> {
    const { cursor, output, pass, fail } = this.#doors
    const before = { ...cursor }
    while (this.#queue.length > limit) {
      const [first] = this.#queue
      if (first === undefined) break
      const settled = 'watermark' in first ? undefined : await first.result
      this.#queue.shift()
      this.#unstarted = Math.max(0, this.#unstarted - 1)
      Object.assign(cursor, first.cursor)
      if ('watermark' in first) output.advance(first.watermark)
      else if (settled !== undefined && 'error' in settled) fail(settled.error, first.input)
      else if (settled !== undefined) pass(settled.value)
      this.#start()
    }
    Object.assign(cursor, before)
  }

  /** Starts waiting elements, in order, while fewer than `concurrency` are pending. */
  #start(): void {
    const { transform, concurrency } = this.#doors
    for (; this.#pending < concurrency && this.#unstarted < this.#queue.length; this.#unstarted++) {
      const element = this.#queue[this.#unstarted]
      if (element === undefined || 'watermark' in element || element.result !== undefined) continue
      try {
        const result = transform(element.input)
        element.result = isPromise(result) ? this.#settle(result) : { value: result }
      } catch (error) {
        element.result = { error }
      }
    }
  }

  #settle(promise: Promise<B>): Promise<Settled<B>> {
    this.#pending++
    const settled = promise.then(
      (value): Settled<B> => ({ value }),
      (error: unknown): Settled<B> => ({ error }),
    )
    const queue = this.#queue
    return settled.then((result) => {
      // A room that was cleared meanwhile does not count this one any more.
      if (queue === this.#queue) {
        this.#pending--
        this.#start()
      }
      return result
    })
  }
}
