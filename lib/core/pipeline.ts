import { ConfigurationError } from './errors.ts'
import {
  type Edge,
  inputsOf,
  type OperatorNode,
  type Output,
  type SinkNode,
  type SourceNode,
} from './graph.ts'
import type { Stream } from './stream.ts'

/** A whole program, as a value: the handler, CDK, the local engine and the tests read the same one. */
export interface Pipeline {
  readonly name: string
  /** each reads a stream of its own; one, unless the pipeline starts with `merge` */
  readonly sources: readonly [SourceNode, ...SourceNode[]]
  /** from the sources on: an operator stands after the one that feeds it */
  readonly operators: readonly OperatorNode[]
  readonly sinks: readonly SinkNode[]
}

/**
 * Makes a pipeline out of a source, operators and a sink. Nothing is connected or started.
 * @example
 * pipeline(
 *   'high-bids',
 *   kinesis.source({ stream: 'bids', codec: json(Bid) }),
 *   filter((bid) => bid.price > 100),
 *   dynamodb.sink({ table: 'high-bids', key: ['id'], item: (bid) => bid }),
 * )
 * @param name letters, digits, `.`, `_` and `-`, at most 64: the identity of its state
 * @throws ConfigurationError for a name that cannot be used, two operators of one name, or two sources of one
 * stream
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
  const parts: Parts = { sources: [], operators: [], sinks: [] }
  for (const sink of output.sinks) collect(sink, parts)
  refuseSharedNames(name, parts.operators)
  refuseSharedStreams(name, parts.sources)
  const { sources, operators, sinks } = parts
  const [first, ...others] = sources
  if (first === undefined) {
    throw new ConfigurationError(`pipeline '${name}' has no sink: expected one behind the last operator`, {
      name,
    })
  }
  return { name, sources: [first, ...others], operators, sinks }
}

interface Parts {
  readonly sources: SourceNode[]
  readonly operators: OperatorNode[]
  readonly sinks: SinkNode[]
}

function collect(sink: SinkNode, parts: Parts): void {
  parts.sinks.push(sink)
  const known = parts.operators.length
  collectUpstream(sink.input, parts)
  for (const { sides = [] } of parts.operators.slice(known)) {
    for (const side of sides) for (const each of side.sinks) collect(each, parts)
  }
}

/** An operator stands behind all that feeds it. */
function collectUpstream({ node }: Edge, parts: Parts): void {
  if (node.kind === 'source') {
    if (!parts.sources.includes(node)) parts.sources.push(node)
  } else if (!parts.operators.includes(node)) {
    for (const input of inputsOf(node)) collectUpstream(input, parts)
    parts.operators.push(node)
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

/** The stream of a record tells which source decodes it and places it in time. */
function refuseSharedStreams(pipeline: string, sources: readonly SourceNode[]): void {
  const seen = new Set<string>()
  for (const { stream } of sources) {
    if (seen.has(stream)) {
      throw new ConfigurationError(
        `two sources of pipeline '${pipeline}' read stream '${stream}': make one source of it, and tell its records apart behind it`,
        { pipeline, stream },
      )
    }
    seen.add(stream)
  }
}
