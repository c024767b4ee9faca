import { type Duration, milliseconds } from '../core/duration.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { OperatorContext } from '../core/graph.ts'
import type { Cell, KeyedState } from '../core/keyed-state.ts'

/** How long state of a key is kept after its last change, by event time. */
export type TimeToLive = Duration | 'forever'

/** In ms; infinity for ever. @throws ConfigurationError for one of 0 */
export function timeToLive(ttl: TimeToLive, operator: string): number {
  if (ttl === 'forever') return Number.POSITIVE_INFINITY
  const ms = milliseconds(ttl, 'ttl')
  if (ms > 0) return ms
  throw new ConfigurationError(`${operator} has a 'ttl' of '${ttl}': expected at least '1ms', or 'forever'`, {
    operator,
    ttl,
  })
}

/** What is kept of a key. */
interface Entry<V> {
  value: V
  /** event time of the newest element that changed it */
  changed: number
}

/**
 * One value a key, forgotten by event time: an element at `changed + ttl` or later does not see it, nor does
 * any once the watermark is there. So what an element sees follows from the records alone.
 *
 * An entry lives in the namespace of its bucket `floor(changed / ttl)`, and moves on with its changes. A bucket
 * is dropped as a whole when the watermark says that all in it has expired: the log needs no word of it.
 */
export class ExpiringState<V> {
  readonly #ttl: number
  readonly #cells: KeyedState<Entry<V>>
  /** the newest first; some may be empty */
  #buckets: number[] = []
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next bucket is dropped */
  #due = Number.POSITIVE_INFINITY

  /**
   * @param ttl ms
   * @param copy makes a copy of a value, which is plain data
   */
  constructor(context: OperatorContext, ttl: number, copy: (value: V) => V) {
    this.#ttl = ttl
    this.#cells = context.state<Entry<V>>({
      copy: ({ value, changed }) => ({ value: copy(value), changed }),
      store: ({ value, changed }) => [value, changed],
      revive: ([value, changed]: [V, number]) => ({ value, changed }),
    })
  }

  /** Says that a new element begins: what `revert` takes back is what comes after this. */
  mark(): void {
    this.#cells.mark()
  }

  revert(): void {
    this.#cells.revert()
  }

  /** What an element at `time` sees, only to look at. */
  read(key: string, time: number): V | undefined {
    const cell = this.#find(key)
    return cell === undefined || this.#hasExpired(cell, time) ? undefined : cell.value.value
  }

  /** What an element at `time` sees, to be changed by it; `create` makes what is not there. */
  change(key: string, time: number, create: () => V): Entry<V> {
    const cell = this.#find(key)
    if (cell === undefined || this.#hasExpired(cell, time)) return this.#begin(key, time, create, cell)
    this.#cells.touch(cell)
    const entry = cell.value
    if (time <= entry.changed) return entry
    entry.changed = time
    const bucket = this.#bucketOf(time)
    if (bucket === cell.namespace) return entry
    this.#cells.remove(cell)
    return this.#put(bucket, key, entry)
  }

  advance(watermark: number): void {
    this.#watermark = watermark
    if (watermark >= this.#due) this.#forget()
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#buckets = [...this.#cells.namespaces].sort((a, b) => b - a)
    this.#forget()
  }

  #begin(key: string, time: number, create: () => V, expired: Cell<Entry<V>> | undefined): Entry<V> {
    const entry = { value: create(), changed: time }
    // So late that it has expired already.
    if (time + this.#ttl <= this.#watermark) return entry
    const bucket = this.#bucketOf(time)
    if (expired?.namespace !== bucket) return this.#put(bucket, key, entry)
    this.#cells.touch(expired)
    expired.value = entry
    return entry
  }

  #put(bucket: number, key: string, entry: Entry<V>): Entry<V> {
    if (!this.#buckets.includes(bucket)) {
      this.#buckets.push(bucket)
      this.#buckets.sort((a, b) => b - a)
      this.#due = Math.min(this.#due, this.#overAt(bucket))
    }
    return this.#cells.create(bucket, key, entry).value
  }

  #find(key: string): Cell<Entry<V>> | undefined {
    for (const bucket of this.#buckets) {
      const cell = this.#cells.get(bucket, key)
      if (cell !== undefined) return cell
    }
    return undefined
  }

  #hasExpired({ value: { changed } }: Cell<Entry<V>>, time: number): boolean {
    return Math.max(time, this.#watermark) >= changed + this.#ttl
  }

  #bucketOf(time: number): number {
    return this.#ttl === Number.POSITIVE_INFINITY ? 0 : Math.floor(time / this.#ttl)
  }

  /** The watermark at which all that a bucket may hold has expired. */
  #overAt(bucket: number): number {
    return (bucket + 2) * this.#ttl
  }

  #forget(): void {
    this.#due = Number.POSITIVE_INFINITY
    this.#buckets = this.#buckets.filter((bucket) => {
      const over = this.#overAt(bucket)
      if (over <= this.#watermark) {
        this.#cells.drop(bucket)
        return false
      }
      this.#due = Math.min(this.#due, over)
      return true
    })
  }
}
