import { streamNameOf } from '../connectors/kinesis/batch.ts'
import { ConfigurationError } from '../core/errors.ts'
import { type BatchEvent, isTick } from './middlewares/step.ts'
import type { Stage } from './stage.ts'

/**
 * The stage that an event is for: the one that is named, else the one that reads the event's stream. What is
 * of no stage's stream comes to the first one, which says so.
 * @throws ConfigurationError for a name that no stage has
 */
export function stageFor(event: BatchEvent, stages: readonly Stage[], name: string | undefined): Stage {
  const [first] = stages
  if (first === undefined) throw new RangeError('a pipeline has at least one stage')
  const stream = streamOf(event)
  if (name === undefined) return stages.find(({ plan }) => plan.streams.includes(stream)) ?? first
  return stageNamed(name, stages)
}

/** @throws ConfigurationError for a name that no stage has */
export function stageNamed(name: string, stages: readonly Stage[]): Stage {
  const named = stages.find(({ plan }) => plan.stage === name)
  if (named !== undefined) return named
  const names = stages.map(({ plan }) => plan.stage).join(', ')
  throw new ConfigurationError(
    `MILLRACE_STAGE is '${name}', and pipeline '${stages[0]?.plan.pipeline.name}' has the stages ${names}: deploy it anew`,
    { stage: name, stages: names },
  )
}

function streamOf(event: BatchEvent): string {
  if (isTick(event)) return event.millrace.stream
  // Whatever invokes the function: the type is only what is expected of it.
  const [record] = (event.Records as typeof event.Records | undefined) ?? []
  return record?.kinesis === undefined ? '' : streamNameOf(record)
}

/** The stages that elements of a stage come to, in whatever number of steps. */
export function stagesBehind({ plan }: Stage, stages: readonly Stage[]): readonly Stage[] {
  const next = stages.filter((each) => each.plan.from !== undefined && plan.to.includes(each.plan.from))
  return [...new Set(next.flatMap((each) => [each, ...stagesBehind(each, stages)]))]
}
