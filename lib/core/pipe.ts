/** What joined operators are: a stream if they started with one, else an operator again. */
type Piped<A, Z> = [A] extends [never] ? Z : (a: A) => Z

/**
 * Joins operators into one: `pipe(filter(…), map(…), sink)` is a branch for `branch(…)` or the `late`
 * output of a window. Starting with a stream, it applies them: `pipe(source, map(…))` is a stream.
 * @example
 * pipe(source, filter((bid) => bid.price > 100), map((bid) => bid.bidder))
 */
// One signature per length: with two to choose from, the compiler would settle the parameters of the
// user's functions by the first and never look again.
export function pipe<B, C, A = never>(ab: B | ((a: A) => B), bc: (b: B) => C): Piped<A, C>
export function pipe<B, C, D, A = never>(ab: B | ((a: A) => B), bc: (b: B) => C, cd: (c: C) => D): Piped<A, D>
export function pipe<B, C, D, E, A = never>(
  ab: B | ((a: A) => B),
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
): Piped<A, E>
export function pipe<B, C, D, E, F, A = never>(
  ab: B | ((a: A) => B),
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
): Piped<A, F>
export function pipe<B, C, D, E, F, G, A = never>(
  ab: B | ((a: A) => B),
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
): Piped<A, G>
export function pipe(first: unknown, ...rest: ((value: never) => unknown)[]): unknown {
  const apply = (start: unknown) => rest.reduce((value, operator) => operator(value as never), start)
  return typeof first === 'function' ? (start: unknown) => apply(first(start)) : apply(first)
}
