import { InvalidRecordError } from '../core/errors.ts'
import type { OperatorContext, Receiver } from '../core/graph.ts'
import { ExpiringState } from './expiring-state.ts'
import type { Ranked } from './top-n.ts'

interface TopNPlan<A> {
  readonly name: string
  readonly n: number
  readonly by: (value: A) => number
  readonly id: ((value: A) => string) | undefined
  /** ms, or infinity */
  readonly ttl: number
}

/** Never changed once it is in a ranking. */
type Place<A> = readonly [score: number, value: A, id?: string]

/** Top-N at work: a key's ranking is a list, the best first. */
export class TopNReceiver<A> implements Receiver<A> {
  readonly #context: OperatorContext
  readonly #plan: TopNPlan<A>
  readonly #state: ExpiringState<Place<A>[]>
  readonly #output: Receiver<unknown>

  constructor(context: OperatorContext, plan: TopNPlan<A>) {
    this.#context = context
    this.#plan = plan
    this.#output = context.output()
    this.#state = new ExpiringState<Place<A>[]>(context, plan.ttl, (ranking) => [...ranking])
  }

  push(value: A): void {
    const { cursor, counters } = this.#context
    const { key, eventTime } = cursor
    let score: number
    let id: string | undefined
    try {
      score = this.#scoreOf(value)
      id = this.#idOf(value)
    } catch (error) {
      counters.failed++
      this.#context.fail(error, undefined, value)
      return
    }
    const known = this.#state.read(key, eventTime)
    const before = known === undefined || id === undefined ? -1 : known.findIndex((place) => place[2] === id)
    if (before < 0 && known !== undefined && known.length >= this.#plan.n) {
      const last = known.at(-1)
      if (last !== undefined && score <= last[0]) {
        counters.filtered++
        return
      }
    }
    counters.passed++
    const { value: ranking } = this.#state.change(key, eventTime, () => [])
    const rank = this.#place(ranking, before, id === undefined ? [score, value] : [score, value, id])
    // Between the place that was left and the one that was taken, everybody moves by one.
    const from = before < 0 ? rank : Math.min(before, rank)
    const to = before < 0 ? ranking.length : Math.max(before, rank) + 1
    for (let index = from; index < to; index++) {
      const each = ranking[index]
      if (each === undefined) continue
      const ranked: Ranked<string, A> = { key, rank: index + 1, value: each[1] }
      this.#output.push(ranked)
    }
  }

  advance(watermark: number): void {
    this.#state.advance(watermark)
    this.#output.advance(watermark)
  }

  restore(watermark: number): void {
    this.#state.restore(watermark)
    this.#output.restore(watermark)
  }

  /** @param before where the id's last element is, or -1. @returns where the new one is */
  #place(ranking: Place<A>[], before: number, place: Place<A>): number {
    if (before >= 0) {
      if (ranking[before]?.[0] === place[0]) {
        ranking[before] = place
        return before
      }
      ranking.splice(before, 1)
    }
    // Behind those that are as good.
    let index = ranking.length
    while (index > 0 && (ranking[index - 1]?.[0] ?? 0) < place[0]) index--
    ranking.splice(index, 0, place)
    if (ranking.length > this.#plan.n) ranking.length = this.#plan.n
    return index
  }

  #scoreOf(value: A): number {
    const score: unknown = this.#plan.by(value)
    if (typeof score === 'number' && !Number.isNaN(score)) return score
    throw new InvalidRecordError(
      `'by' of topN '${this.#plan.name}' answered ${String(score)}: expected a number; the largest has rank 1`,
      { score },
    )
  }

  #idOf(value: A): string | undefined {
    if (this.#plan.id === undefined) return undefined
    const id: unknown = this.#plan.id(value)
    if (typeof id === 'string') return id
    throw new InvalidRecordError(
      `'id' of topN '${this.#plan.name}' answered ${String(id)}: expected a string`,
      { id },
    )
  }
}
