import { type AggregateWithZero, copyOf, type MergingAggregate, signatureOf } from '../aggregate.ts'

/**
 * An aggregate over those elements only for which `predicate` is true (SQL's `FILTER (WHERE …)`).
 * @example
 * where((bid: Bid) => bid.price < 10_000, count())
 */
export function where<A, Accumulator, Result>(
  predicate: (value: A) => boolean,
  of: AggregateWithZero<NoInfer<A>, Accumulator, Result>,
): AggregateWithZero<A, Accumulator | null, Result>
/**
 * The same for an aggregate that has no result over no elements, as the largest of nothing.
 * @example
 * where((bid: Bid) => bid.price < 10_000, max((bid: Bid) => bid.price), null)
 * @param otherwise the result when there was no such element
 */
export function where<A, Accumulator, Result, Otherwise>(
  predicate: (value: A) => boolean,
  of: MergingAggregate<NoInfer<A>, Accumulator, Result>,
  otherwise: Otherwise,
): AggregateWithZero<A, Accumulator | null, Result | Otherwise>
export function where<A, Accumulator, Result>(
  predicate: (value: A) => boolean,
  of: MergingAggregate<A, Accumulator, Result> & { readonly zero?: Result },
  otherwise?: Result,
): AggregateWithZero<A, Accumulator | null, Result | undefined> {
  const zero = otherwise === undefined ? of.zero : otherwise
  const copy = (accumulator: Accumulator | null): Accumulator | null =>
    accumulator === null ? null : copyOf(of, accumulator)
  return {
    signature: `where ${signatureOf(of)}`,
    detached: of.detached === true,
    zero,
    // Made when the first such element comes: a sketch of nothing takes no room.
    create: () => null,
    add: (accumulator, value, place) =>
      predicate(value) ? of.add(accumulator ?? of.create(), value, place) : accumulator,
    merge(a, b) {
      if (a === null || b === null) return copy(a ?? b)
      return of.merge(a, b)
    },
    result: (accumulator) => (accumulator === null ? zero : of.result(accumulator)),
    copy,
  }
}
