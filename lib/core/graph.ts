import type { Codec } from './codec.ts'
import type { Counters } from './counters.ts'
import type { Cursor } from './cursor.ts'
import type { KeyedState, StateShape } from './keyed-state.ts'
import type { Outside } from './outside.ts'
import type { SinkWriter } from './sink-writer.ts'

/** Where a node's elements come from: an output of another node. */
export interface Edge {
  readonly node: SourceNode | OperatorNode
  /** `main`, or the name of a side output such as `late` */
  readonly port: string
}

/** A stream that feeds a pipeline. Times in ms. */
export interface SourceNode {
  readonly kind: 'source'
  readonly op: string
  readonly stream: string
  /** 1 if the stream never has more than one shard: then every key is in its one task */
  readonly shards: 1 | undefined
  readonly codec: Codec<unknown>
  readonly eventTime: ((value: never) => number | Date) | undefined
  readonly maxOutOfOrderness: number
  readonly maxFutureSkew: number
  /** how long a shard is silent before time goes on in it without records */
  readonly idleTimeout: number
  /** records and ms */
  readonly batch: { readonly size: number; readonly interval: number }
}

/** One operator of a pipeline, as a value; `build` makes its running form, once per task. */
export interface OperatorNode {
  readonly kind: 'operator'
  /** what it does: `map`, `window`, … */
  readonly op: string
  /** the name the user gave: the identity of its state */
  readonly name?: string
  /** set if the operator keeps state: what must not change while that state exists */
  readonly signature?: string
  /**
   * what its state belongs to: the element's key, or the element itself, whose partition key the state does
   * not know: then both children of a split shard get all of it (protocol R29)
   * @default 'key'
   */
  readonly stateScope?: 'key' | 'element'
  /** set by `keyBy(f)`: the new key, whose elements must all come to one task */
  readonly keyOf?: (value: never) => string
  /**
   * whether time alone may make an output of its state: silence is then waited out (protocol R21)
   * @default true
   */
  readonly timed?: boolean
  /** whether an output may stand for one before it, with all that this held: not to be added up */
  readonly refires?: boolean
  readonly input: Edge
  /** further inputs, one per further source (`merge`): see `inputsOf` */
  readonly moreInputs?: readonly Edge[]
  /** what its side outputs end in */
  readonly sides?: readonly Output[]
  readonly build: (context: OperatorContext) => Receiver<never>
}

/** All that feeds an operator or a sink. */
export const inputsOf = (node: OperatorNode | SinkNode): readonly Edge[] =>
  node.kind === 'operator' && node.moreInputs !== undefined ? [node.input, ...node.moreInputs] : [node.input]

/** The sources that feed an output, each once, in the order of the inputs. */
export function sourcesOf({ node }: Edge): readonly SourceNode[] {
  if (node.kind === 'source') return [node]
  return [...new Set(inputsOf(node).flatMap(sourcesOf))]
}

/** What a pipeline or one of its branches ends in. */
export interface SinkNode {
  readonly kind: 'sink'
  readonly op: string
  readonly input: Edge
  /** where it writes: plain data, read by CDK and by the local engine */
  readonly target: SinkTarget
  /** the element as the sink will write it: plain data, kept in the log until it is delivered */
  readonly encode: (value: never) => unknown
  /**
   * what an encoded element overwrites in the target: of several that overwrite the same, the log and the sink
   * get the last one of a batch only
   * @default nothing
   */
  readonly overwrites?: (encoded: never) => string
  /**
   * opens its writer in AWS; loaded when called, so that a function's bundle has what its own sinks need
   * @param resourceName the name that a resource has there, from the one in the target
   */
  readonly open: (resourceName: (written: string) => string) => Promise<SinkWriter>
}

/** A resource that a sink writes to. */
export interface DynamoDBTarget {
  readonly type: 'dynamodb'
  readonly table: string
  readonly key: readonly [partition: string, sort?: string]
  /** types of key attributes, for whoever creates the table: string, number or binary */
  readonly keyTypes?: { readonly [name: string]: 'S' | 'N' | 'B' | undefined }
  readonly mode: 'upsert' | 'append' | 'increment'
}

export type SinkTarget = DynamoDBTarget

/** The end of a pipeline or of one of its branches: nothing follows a sink. */
export interface Output {
  readonly kind: 'output'
  readonly sinks: readonly SinkNode[]
}

/**
 * The running form of an operator: elements are pushed into it one at a time, in order, and between
 * them the watermark. What it makes of them it pushes into the receivers of its outputs, at once.
 */
export interface Receiver<A> {
  push(value: A): void
  /** No element at or below `watermark` (epoch ms) is expected any more. Never goes back. */
  advance(watermark: number): void
  /** State is as the log had it at `watermark`: nothing fires, derived indices are made anew. */
  restore(watermark: number): void
}

/** An operator that waits for promises: it holds elements back, in order, until it is drained. */
export interface Waiting {
  readonly waiting: number
  /** Hands on what has waited, in order, until at most `limit` elements wait. */
  drain(limit: number): Promise<void>
}

/** What an operator gets of its task. */
export interface OperatorContext {
  /** name of the pipeline */
  readonly pipeline: string
  readonly cursor: Cursor
  readonly counters: Counters
  /** Where the elements of an output go. */
  output(port?: string): Receiver<unknown>
  state<V>(shape: StateShape<V>): KeyedState<V>
  /** For side effects. */
  readonly outside: Outside
  /** Registers an operator that waits for promises. */
  waits(operator: Waiting): void
  /**
   * Makes the element in hand a dead letter. An error that a retry can cure interrupts the batch instead.
   * @param window the window in hand, if any, as [start, end) in epoch ms
   * @param element what the operator was given, where it was given something
   */
  fail(error: unknown, window?: readonly [start: number, end: number], element?: unknown): void
}
