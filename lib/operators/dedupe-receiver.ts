import { InvalidRecordError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import type { KeyedState } from '../core/keyed-state.ts'

interface DedupePlan<A> {
  readonly name: string
  readonly by: (value: A) => string
  /** ms */
  readonly within: number
}

/**
 * Dedupe at work. A cell holds the event time of an id that was handed on, in the namespace of its bucket
 * `floor(time / within)`. Two times in one bucket are less than `within` apart, so a bucket holds an id
 * once; a match lies in the element's own bucket or in one beside it.
 *
 * Bucket b holds times below (b + 1) * within; they match times below (b + 2) * within. Once the watermark
 * is there, nothing in time can match: the bucket is dropped, and the log needs no word of it.
 */
export class DedupeReceiver<A> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: DedupePlan<A>
  readonly #seen: KeyedState<number>
  readonly #output: Receiver<unknown>
  #watermark = Number.NEGATIVE_INFINITY
  /** the watermark at which the next bucket is dropped */
  #due = Number.POSITIVE_INFINITY

  constructor(context: OperatorContext, plan: DedupePlan<A>) {
    this.#context = context
    this.#plan = plan
    this.#output = context.output()
    this.#seen = context.state<number>({
      copy: (time) => time,
      store: (time) => time,
      revive: (time: number) => time,
    })
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    let id: string
    try {
      id = this.#idOf(value)
    } catch (error) {
      counters.failed++
      this.#context.fail(error, undefined, value)
      return
    }
    const { eventTime } = cursor
    const bucket = Math.floor(eventTime / this.#plan.within)
    if (this.#isKnown(bucket, id, eventTime)) {
      counters.filtered++
      return
    }
    // The bucket before is the first to be dropped: without it the answer is not certain.
    if (this.#overAt(bucket - 1) <= this.#watermark) counters.late++
    else counters.passed++
    const over = this.#overAt(bucket)
    if (over > this.#watermark) {
      this.#seen.create(bucket, id, eventTime)
      this.#due = Math.min(this.#due, over)
    }
    this.#output.push(value)
  }

  advance(watermark: number): void {
    if (watermark <= this.#watermark) return
    this.#watermark = watermark
    if (watermark >= this.#due) this.#forget()
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#watermark = watermark
    this.#forget()
    this.#output.restore(watermark)
  }

  #idOf(value: A): string {
    const id: unknown = this.#plan.by(value)
    if (typeof id === 'string' && id !== '') return id
    throw new InvalidRecordError(
      `'by' of dedupe '${this.#plan.name}' answered ${id === '' ? 'an empty string' : typeof id}: expected the element's id, a string that is not empty`,
      { id },
    )
  }

  #isKnown(bucket: number, id: string, time: number): boolean {
    for (let each = bucket - 1; each <= bucket + 1; each++) {
      const seen = this.#seen.get(each, id)
      if (seen !== undefined && Math.abs(time - seen.value) <= this.#plan.within) return true
    }
    return false
  }

  /** The watermark at which nothing in time can match what the bucket holds. */
  #overAt(bucket: number): number {
    return (bucket + 2) * this.#plan.within
  }

  #forget(): void {
    this.#due = Number.POSITIVE_INFINITY
    for (const bucket of this.#seen.namespaces) {
      const over = this.#overAt(bucket)
      if (over <= this.#watermark) this.#seen.drop(bucket)
      else this.#due = Math.min(this.#due, over)
    }
  }
}
