import { InvalidRecordError, RetryableError } from '../core/errors.ts'
import type { OperatorContext, Receiver, Waiting } from '../core/graph.ts'
import { isRetryable } from '../core/retryable.ts'
import type { EffectCall } from './effect.ts'
import { Once } from './once.ts'
import { WaitingRoom } from './waiting-room.ts'

/** Room for the names before it in a DynamoDB key of 2,048 bytes. */
const MAX_KEY_BYTES = 1_024

interface EffectPlan<A> {
  readonly name: string
  readonly fn: (value: A, call: EffectCall) => unknown
  readonly key: (value: A) => string
  /** ms */
  readonly within: number
  readonly onUnknown: 'retry' | 'dead-letter'
  readonly concurrency: number
}

/** An element and what was known of it when it came. */
interface Job<A> {
  readonly value: A
  readonly redrive: string
}

/**
 * The effect operator at work. Elements wait in order for their effects. When one failed for now, no further
 * one begins: the batch will be cut there, and effects behind the cut would overtake it.
 */
export class EffectReceiver<A> implements Receiver<A>, Waiting {
  readonly #context: OperatorContext
  readonly #plan: EffectPlan<A>
  readonly #output: Receiver<unknown>
  readonly #room: WaitingRoom<Job<A>, A>
  readonly #once: Once
  readonly #scope: string
  /** by key: settles, never rejects, when the newest effect of the key has ended */
  readonly #atWork = new Map<string, Promise<void>>()
  #run = { halted: false }

  constructor(context: OperatorContext, plan: EffectPlan<A>) {
    const { cursor, counters } = context
    this.#context = context
    this.#plan = plan
    this.#output = context.output()
    this.#scope = `${context.pipeline}/${encodeURIComponent(plan.name)}`
    this.#once = new Once(context.outside, plan)
    this.#room = new WaitingRoom<Job<A>, A>({
      transform: (job) => this.#perform(job, this.#run),
      concurrency: plan.concurrency,
      cursor,
      pass: (value) => {
        counters.passed++
        this.#output.push(value)
      },
      fail: (error, { value }) => {
        counters.failed++
        context.fail(error, undefined, value)
      },
      output: this.#output,
    })
    context.waits(this)
  }

  get waiting(): number {
    return this.#room.waiting
  }

  push(value: A): void {
    this.#room.enter({ value, redrive: this.#context.cursor.redrive ?? '' })
  }

  advance(watermark: number): void {
    if (this.#room.waiting > 0) this.#room.advance(watermark)
    else this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#run = { halted: false }
    this.#room.clear()
    this.#output.restore(watermark)
  }

  async drain(limit: number): Promise<void> {
    await this.#room.drain(limit)
    // Effects of elements behind a cut are still at work: an invocation must not end, and be frozen, in
    // their middle.
    if (limit === 0) await Promise.all(this.#atWork.values())
  }

  async #perform({ value, redrive }: Job<A>, run: { halted: boolean }): Promise<A> {
    const key = this.#keyOf(value)
    const before = this.#atWork.get(key)
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#atWork.set(key, promise)
    try {
      await before
      if (run.halted)
        throw new RetryableError(`an effect of '${this.#plan.name}' before this one failed for now`)
      await this.#once.perform(`${this.#scope}/${key}`, redrive, (signal) =>
        this.#plan.fn(value, { key, signal }),
      )
      return value
    } catch (error) {
      if (isRetryable(error)) run.halted = true
      throw error
    } finally {
      if (this.#atWork.get(key) === promise) this.#atWork.delete(key)
      resolve()
    }
  }

  #keyOf(value: A): string {
    const key: unknown = this.#plan.key(value)
    if (typeof key === 'string' && key !== '' && Buffer.byteLength(key) <= MAX_KEY_BYTES) return key
    const found = typeof key === 'string' ? `a string of ${Buffer.byteLength(key)} bytes` : typeof key
    throw new InvalidRecordError(
      `'key' of effect '${this.#plan.name}' answered ${found}: expected an idempotency key, a string of 1 to ${MAX_KEY_BYTES} bytes`,
      { key },
    )
  }
}
