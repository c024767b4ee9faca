import { ConfigurationError } from './errors.ts'
import type { Edge, OperatorNode, Output, SinkNode, SourceNode } from './graph.ts'
import type { Stream } from './stream.ts'

/** A whole program, as a value: the handler, CDK, the local engine and the tests read the same one. */
export interface Pipeline {
  readonly name: string
  readonly source: SourceNode
  /** from the source on: an operator stands after the one that feeds it */
  readonly operators: readonly OperatorNode[]
  readonly sinks: readonly SinkNode[]
}

/**
 * Makes a pipeline out of a source, operators and a sink. Nothing is connected or started.
 * @param name letters, digits, `.`, `_` and `-`, at most 64: the identity of its state
 * @throws ConfigurationError for a name that cannot be used, or two operators of one name
 */
export function pipeline<A>(name: string, source: Stream<A>, sink: (a: Stream<A>) => Output): Pipeline
export function pipeline<A, B>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  sink: (b: B) => Output,
): Pipeline
export function pipeline<A, B, C>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  bc: (b: B) => C,
  sink: (c: C) => Output,
): Pipeline
export function pipeline<A, B, C, D>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  sink: (d: D) => Output,
): Pipeline
export function pipeline<A, B, C, D, E>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  sink: (e: E) => Output,
): Pipeline
export function pipeline<A, B, C, D, E, F>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  sink: (f: F) => Output,
): Pipeline
export function pipeline<A, B, C, D, E, F, G>(
  name: string,
  source: Stream<A>,
  ab: (a: Stream<A>) => B,
  bc: (b: B) => C,
  cd: (c: C) => D,
  de: (d: D) => E,
  ef: (e: E) => F,
  fg: (f: F) => G,
  sink: (g: G) => Output,
): Pipeline
export function pipeline(name: string, source: Edge, ...rest: ((value: never) => unknown)[]): Pipeline {
  const output = rest.reduce((value: unknown, operator) => operator(value as never), source) as Output
  if (!/^[\w.-]{1,64}$/.test(name)) {
    throw new ConfigurationError(
      `'${name}' cannot name a pipeline: expected 1 to 64 letters, digits, '.', '_' or '-'`,
      { name },
    )
  }
  const operators: OperatorNode[] = []
  const sinks: SinkNode[] = []
  for (const sink of output.sinks) collect(sink, operators, sinks)
  refuseSharedNames(name, operators)
  return { name, source: sourceOf(source), operators, sinks }
}

function sourceOf({ node }: Edge): SourceNode {
  return node.kind === 'source' ? node : sourceOf(node.input)
}

function collect(sink: SinkNode, operators: OperatorNode[], sinks: SinkNode[]): void {
  sinks.push(sink)
  const chain: OperatorNode[] = []
  for (
    let { node } = sink.input;
    node.kind === 'operator' && !operators.includes(node);
    node = node.input.node
  ) {
    chain.unshift(node)
  }
  operators.push(...chain)
  for (const node of chain) {
    for (const side of node.sides ?? []) for (const each of side.sinks) collect(each, operators, sinks)
  }
}

function refuseSharedNames(pipeline: string, operators: readonly OperatorNode[]): void {
  const seen = new Set<string>()
  for (const { name, op } of operators) {
    if (name === undefined) continue
    if (seen.has(name)) {
      throw new ConfigurationError(
        `two operators of pipeline '${pipeline}' are named '${name}': a name is the identity of an operator's state; give this ${op} another one`,
        { pipeline, name, op },
      )
    }
    seen.add(name)
  }
}
