import { type Counters, elementsIn } from '../../lib/core/counters.ts'
import type { OperatorNode, SinkNode } from '../../lib/core/graph.ts'
import type { Pipeline } from '../../lib/core/pipeline.ts'
import { planOf, SOURCE } from '../../lib/runtime/plan.ts'

/**
 * Looks for an operator that did not take exactly what the one before it handed on: in = passed + onTime +
 * updated + late + filtered + failed. @returns what is wrong with which
 */
export function unaccounted(
  pipeline: Pipeline,
  counters: Readonly<Record<string, Counters>>,
): string | undefined {
  const plan = planOf(pipeline)
  const made = (node: OperatorNode | SinkNode): number => {
    const { node: feeder, port } = node.input
    const above = counters[feeder.kind === 'source' ? SOURCE : plan.label(feeder)]
    if (above === undefined) return Number.NaN
    if (port === 'late') return above.late
    if (feeder.op === 'window')
      return above.closedPanes + above.updatedPanes + above.earlyPanes + above.retractions
    // What comes too late to be compared is handed on all the same.
    return feeder.op === 'dedupe' ? above.passed + above.late : above.passed
  }
  for (const node of [...pipeline.operators, ...pipeline.sinks]) {
    const label = plan.label(node)
    const own = counters[label]
    const [taken, given] = [own === undefined ? Number.NaN : elementsIn(own), made(node)]
    if (taken !== given) return `${label} took ${taken} elements, and ${given} were made`
  }
  return undefined
}
