import type { OperatorContext, Receiver } from '../core/graph.ts'
import { type Aggregate, copyOf, resultOf } from '../windows/aggregate.ts'
import { ExpiringState } from './expiring-state.ts'
import type { Reduced } from './reduce.ts'

interface ReducePlan<A, Accumulator, Result> {
  readonly aggregate: Aggregate<A, Accumulator, Result>
  /** ms, or infinity */
  readonly ttl: number
}

/** Reduce at work: one accumulator a key. */
export class ReduceReceiver<A, Accumulator, Result> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #aggregate: Aggregate<A, Accumulator, Result>
  readonly #state: ExpiringState<Accumulator>
  readonly #output: Receiver<unknown>

  constructor(context: OperatorContext, { aggregate, ttl }: ReducePlan<A, Accumulator, Result>) {
    this.#context = context
    this.#aggregate = aggregate
    this.#output = context.output()
    this.#state = new ExpiringState(context, ttl, (accumulator) => copyOf(aggregate, accumulator))
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    const aggregate = this.#aggregate
    this.#state.mark()
    let result: Result
    try {
      const entry = this.#state.change(key, eventTime, aggregate.create)
      entry.value = aggregate.add(entry.value, value, cursor)
      result = resultOf(aggregate, entry.value)
    } catch (error) {
      this.#state.revert()
      counters.failed++
      this.#context.fail(error, undefined, value)
      return
    }
    counters.passed++
    const reduced: Reduced<string, Result> = { key, eventTime, value: result }
    this.#output.push(reduced)
  }

  advance(watermark: number): void {
    this.#state.advance(watermark)
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#state.restore(watermark)
    this.#output.restore(watermark)
  }
}
