import { ConfigurationError } from '#lib/core/errors'
import type { Pipeline } from '#lib/core/pipeline'
import { plansOf } from '#lib/runtime/plan'

/**
 * Tells a function what the streams and tables of its pipeline are called in AWS, where that is something
 * else: the variable `MILLRACE_RESOURCES`, or nothing.
 * @throws ConfigurationError for a stream and a table of one name in the pipeline that have two in AWS
 */
export function resourceNames(
  pipeline: Pipeline,
  streams: Readonly<Record<string, string>>,
  tables: Readonly<Record<string, string>>,
): Record<string, string> {
  const names: Record<string, string> = {}
  const used = [
    ...plansOf(pipeline).flatMap((plan) => plan.streams.map((stream) => [stream, streams] as const)),
    ...pipeline.sinks.map(({ target }) => [target.table, tables] as const),
  ]
  for (const [name, physicalNames] of used) {
    const physical = physicalNames[name] ?? name
    if ((names[name] ?? physical) !== physical) {
      throw new ConfigurationError(
        `pipeline '${pipeline.name}' has a stream and a table named '${name}', which are '${names[name]}' and '${physical}' in this environment: give them different names in the pipeline`,
        { pipeline: pipeline.name, name },
      )
    }
    names[name] = physical
  }
  const others = Object.entries(names).filter(([name, physical]) => name !== physical)
  return others.length === 0 ? {} : { MILLRACE_RESOURCES: JSON.stringify(Object.fromEntries(others)) }
}
