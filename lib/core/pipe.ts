import type { KeyedStream, Stream } from './stream.ts'

type AnyStream = Stream<unknown> | KeyedStream<string, unknown>

/**
 * Joins operators into one: `pipe(filter(…), map(…), sink)` is a branch for `branch(…)` or the `late`
 * output of a window. Starting with a stream, it applies them: `pipe(source, map(…))` is a stream.
 */
export function pipe<A extends AnyStream, B>(a: A, ab: (a: A) => B): B
export function pipe<A extends AnyStream, B, C>(a: A, ab: (a: A) => B, bc: (b: B) => C): C
export function pipe<A extends AnyStream, B, C, D>(a: A, ab: (a: A) => B, bc: (b: B) => C, cd: (c: C) => D): D
export function pipe<A, B>(ab: (a: A) => B): (a: A) => B
export function pipe<A, B, C>(ab: (a: A) => B, bc: (b: B) => C): (a: A) => C
export function pipe<A, B, C, D>(ab: (a: A) => B, bc: (b: B) => C, cd: (c: C) => D): (a: A) => D
export function pipe<A, B, C, D, E>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
): (a: A) => E
export function pipe<A, B, C, D, E, F>(
  ab: (a: A) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
): (a: A) => F
export function pipe(first: unknown, ...rest: ((value: unknown) => unknown)[]): unknown {
  const apply = (start: unknown) => rest.reduce((value, operator) => operator(value), start)
  return typeof first === 'function' ? (start: unknown) => apply(first(start)) : apply(first)
}
