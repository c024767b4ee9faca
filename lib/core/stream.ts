import type { Edge, Output } from './graph.ts'

declare const ELEMENT: unique symbol
declare const KEY: unique symbol

/** A stream of elements of type `A`; a value without side effects, as all parts of a pipeline. */
export interface Stream<A> extends Edge {
  readonly kind: 'stream'
  readonly [ELEMENT]?: A
}

/** A stream whose elements of one key all pass through one task, in order. */
export interface KeyedStream<Key extends string, A> extends Edge {
  readonly kind: 'keyed'
  readonly [KEY]?: Key
  readonly [ELEMENT]?: A
}

/** The last operator of a pipeline or a branch. */
export type Sink<A> = (stream: Stream<A>) => Output

/** The stream that comes out of an output of a node. */
export const streamOf = <A>(node: Edge['node'], port = 'main'): Stream<A> => ({ kind: 'stream', node, port })

/** The same for elements of which a key is known. */
export const keyedStreamOf = <Key extends string, A>(
  node: Edge['node'],
  port = 'main',
): KeyedStream<Key, A> => ({ kind: 'keyed', node, port })
