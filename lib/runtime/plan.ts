import { ConfigurationError } from '../core/errors.ts'
import { inputsOf, type OperatorNode, type SinkNode, type SourceNode } from '../core/graph.ts'
import { MAX_SINKS } from '../core/order.ts'
import type { Pipeline } from '../core/pipeline.ts'
import { type Exchange, exchangesOf, originsOf } from './exchanges.ts'
import { labelsOf, SOURCE } from './labels.ts'

export { SOURCE } from './labels.ts'

/** A stage of a pipeline made ready to run: who feeds whom, and what each part is called. */
export interface Plan {
  readonly pipeline: Pipeline
  /** its name (protocol R1); undefined without state and exchange: then there is no log */
  readonly stage: string | undefined
  /** the sources that it reads: all of the pipeline's, or none behind an exchange */
  readonly sources: readonly SourceNode[]
  /** the exchange that it reads; undefined for the stage of the sources */
  readonly from: Exchange | undefined
  /** the streams that it reads: each shard of each is a task */
  readonly streams: readonly string[]
  /** the exchanges that it feeds */
  readonly to: readonly Exchange[]
  /** the stages that feed the exchange that it reads, and their streams */
  readonly producers: readonly { readonly stage: string; readonly streams: readonly string[] }[]
  /** name of the stage that reads the sources */
  readonly sourceStage: string | undefined
  /** the streams of the stages that feed exchanges */
  readonly rosterStreams: readonly string[]
  /** stateful operators and exchanges of the whole pipeline, with what must not change in them */
  readonly signatures: Readonly<Record<string, string>>
  /** operators whose state belongs to no key: every child of a shard gets all of it */
  readonly shared: readonly string[]
  readonly sinks: readonly { readonly label: string; readonly node: SinkNode }[]
  label(node: OperatorNode | SinkNode): string
  /** what the input is called in counters and dead letters */
  readonly input: string
  /** of the input, the operators and the sinks: of all that an element can fail at */
  readonly labels: readonly string[]
  /** what stands behind an output of the source or of an operator */
  consumers(node: object, port: string): readonly (OperatorNode | SinkNode)[]
}

/** What a stage is by itself. */
type StagePlan = Omit<Plan, 'producers' | 'sourceStage' | 'rosterStreams'>

/** Compiles the first stage of a pipeline, the one that reads its sources. @throws as `plansOf` */
export function planOf(pipeline: Pipeline): Plan {
  const [first] = plansOf(pipeline)
  if (first === undefined) throw new RangeError('a pipeline has a source, and so a stage')
  return first
}

/**
 * Compiles a pipeline into its stages, in the order of the data: it is cut at every `keyBy(f)`, unless its
 * one source has one shard only.
 * @throws ConfigurationError for more parts than an order has room for, or names that cannot be used
 */
export function plansOf(pipeline: Pipeline): readonly Plan[] {
  if (pipeline.operators.some(({ name }) => name === SOURCE)) {
    throw new ConfigurationError(
      `an operator of pipeline '${pipeline.name}' is named '${SOURCE}', as the source is in counters and dead letters: give it another name`,
      { pipeline: pipeline.name, name: SOURCE },
    )
  }
  const nodes = [...pipeline.operators, ...pipeline.sinks]
  const labels = labelsOf(nodes)
  const label = (node: OperatorNode | SinkNode): string => labels.get(node) ?? node.op
  const exchanges = exchangesOf(pipeline, labels)
  const cuts = exchanges.map(({ node }) => node)
  const signatures = signaturesOf(pipeline, exchanges)

  const stageOf = (from: Exchange | undefined): StagePlan => {
    const isOwn = (node: OperatorNode | SinkNode): boolean =>
      originsOf(node, cuts).some((origin) =>
        from === undefined ? origin.kind === 'source' : origin === from.node,
      )
    const own = nodes.filter(isOwn)
    const operators = pipeline.operators.filter((node) => own.includes(node) && !cuts.includes(node))
    const sinks = pipeline.sinks.filter((node) => own.includes(node))
    const to = exchanges.filter(({ node }) => own.includes(node))
    refuseTooMany(pipeline.name, operators.length, sinks.length, to.length)
    const input = from?.state ?? SOURCE
    return {
      pipeline,
      stage: from?.name ?? nameOfSourceStage(operators, to),
      sources: from === undefined ? pipeline.sources : [],
      from,
      streams: from === undefined ? pipeline.sources.map(({ stream }) => stream) : [from.stream],
      to,
      signatures,
      shared: operators.filter(({ stateScope }) => stateScope === 'element').map(label),
      sinks: sinks.map((node) => ({ label: label(node), node })),
      label,
      input,
      labels: [input, ...own.map(label)],
      consumers: (node, port) =>
        nodes.filter((each) => inputsOf(each).some((input) => input.node === node && input.port === port)),
    }
  }

  const plans = [undefined, ...exchanges].map(stageOf)
  const feeding = plans.filter(({ to }) => to.length > 0)
  const sourceStage = plans[0]?.stage
  return plans.map((plan) => {
    const producers = feeding
      .filter(({ to }) => plan.from !== undefined && to.includes(plan.from))
      .map(({ stage = SOURCE, streams }) => ({ stage, streams }))
    return { ...plan, producers, sourceStage, rosterStreams: feeding.flatMap(({ streams }) => streams) }
  })
}

/** The source's stage is named by its first operator with state; one that only feeds exchanges, as the source. */
const nameOfSourceStage = (operators: readonly OperatorNode[], to: readonly Exchange[]): string | undefined =>
  operators.find(({ signature }) => signature !== undefined)?.name ?? (to.length > 0 ? SOURCE : undefined)

/** Effects leave claims in the state table, with a log or without one. */
export const hasEffects = ({ operators }: Pipeline): boolean => operators.some(({ op }) => op === 'effect')

/** State does not follow its operator to the other side of an exchange: where it stands is part of what it is. */
function signaturesOf(
  { operators }: Pipeline,
  exchanges: readonly Exchange[],
): Readonly<Record<string, string>> {
  const cuts = exchanges.map(({ node }) => node)
  const place = (node: OperatorNode): string => {
    const origins = originsOf(node, cuts)
    const behind = exchanges.filter((each) => origins.includes(each.node)).map(({ name }) => `'${name}'`)
    return behind.length === 0 ? '' : `, behind the exchange ${behind.join(' and ')}`
  }
  const stateful = operators.flatMap((node) =>
    node.name !== undefined && node.signature !== undefined
      ? [[node.name, `${node.signature}${place(node)}`] as const]
      : [],
  )
  const streams = exchanges.map(({ node, state }) => [state, `exchange${place(node)}`] as const)
  return Object.fromEntries([...stateful, ...streams])
}

/** An order has a number for each sink or exchange, and one for the dead letters of each part. */
function refuseTooMany(pipeline: string, operators: number, sinks: number, exchanges: number): void {
  if (operators + 2 * (sinks + exchanges) <= MAX_SINKS) return
  throw new ConfigurationError(
    `pipeline '${pipeline}' has ${operators} operators and ${sinks} sinks: expected at most ${MAX_SINKS}, a sink counting twice; cut it into several pipelines`,
    { pipeline, operators, sinks },
  )
}
