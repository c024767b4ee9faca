import type { Build, Receiver } from './operator.ts'
import type { SinkNode } from './sink.ts'
import type { SourceNode } from './source.ts'

/** Where a node's elements come from: the output of another node. */
export interface Edge {
  readonly node: SourceNode | OperatorNode
  /** `main`, or the name of a side output such as `late` */
  readonly port: string
}

/** One operator of a pipeline, as a value; `build` makes its running form, once per task. */
export interface OperatorNode {
  readonly kind: 'operator'
  /** What it does: `map`, `window`, … */
  readonly op: string
  /** The name the user gave: the identity of its state. Required where `stateful`. */
  readonly name?: string
  readonly stateful?: boolean
  /** What must not change while state of this operator exists, for example `tumbling 1h`. */
  readonly signature?: string
  readonly input: Edge
  /** Sinks of side outputs, which belong to the operator and not to the main path. */
  readonly sides?: readonly Output[]
  readonly build: (build: Build) => Receiver<never>
}

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

/** The end of a pipeline or of one of its branches: nothing follows a sink. */
export interface Output {
  readonly kind: 'output'
  readonly sinks: readonly SinkNode[]
}

/** The last operator of a pipeline or a branch. */
export type Sink<A> = (stream: Stream<A>) => Output

/** The stream that comes out of `port` of `node`. */
export const streamOf = <A>(node: Edge['node'], port = 'main'): Stream<A> => ({ kind: 'stream', node, port })

/** The same elements, known to be together by key. */
export const keyedBy = <Key extends string, A>(stream: Edge): KeyedStream<Key, A> => ({
  kind: 'keyed',
  node: stream.node,
  port: stream.port,
})
