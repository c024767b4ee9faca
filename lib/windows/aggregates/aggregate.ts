import { type Aggregate, copyOf, type MergingAggregate, signatureOf } from '../aggregate.ts'

type Parts<A> = Readonly<Record<string, Aggregate<A, unknown, unknown>>>

type Results<P> = {
  [Name in keyof P]: P[Name] extends Aggregate<never, infer _, infer Result> ? Result : never
}

type Composite<A, P> =
  P extends Readonly<Record<string, MergingAggregate<never, unknown, unknown>>>
    ? MergingAggregate<A, unknown[], Results<P>>
    : Aggregate<A, unknown[], Results<P>>

/**
 * Several aggregates over the same elements, in one pass: this one results in `{ bids, highest }`. It can be
 * merged if all its parts can.
 * @example
 * aggregate({ bids: count(), highest: max((bid: Bid) => bid.price) })
 */
export function aggregate<A, P extends Parts<A>>(parts: P & Parts<A>): Composite<A, P> {
  const names = Object.keys(parts)
  const aggregates: readonly Aggregate<A, unknown, unknown>[] = Object.values(parts)
  const each = <Out>(make: (part: Aggregate<A, unknown, unknown>, index: number) => Out): Out[] =>
    aggregates.map(make)
  const composite: Aggregate<A, unknown[], unknown> = {
    signature: `{ ${each((part, index) => `${names[index]}: ${signatureOf(part)}`).join(', ')} }`,
    detached: aggregates.every(({ detached }) => detached === true),
    create: () => each((part) => part.create()),
    add(accumulators, value, place) {
      let index = 0
      for (const part of aggregates) {
        accumulators[index] = part.add(accumulators[index], value, place)
        index++
      }
      return accumulators
    },
    result(accumulators) {
      const results: Record<string, unknown> = {}
      let index = 0
      for (const part of aggregates) {
        results[names[index] as string] = part.result(accumulators[index])
        index++
      }
      return results
    },
    copy: (accumulators) => each((part, index) => copyOf(part, accumulators[index])),
  }
  if (!aggregates.every(isMerging)) return composite as Composite<A, P>
  const merging: MergingAggregate<A, unknown[], unknown> = {
    ...composite,
    merge: (a, b) => aggregates.map((part, index) => part.merge(a[index], b[index])),
  }
  return merging as Composite<A, P>
}

const isMerging = <A>(part: Aggregate<A, unknown, unknown>): part is MergingAggregate<A, unknown, unknown> =>
  'merge' in part
