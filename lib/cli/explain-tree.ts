import type { OperatorNode, SinkNode } from '../core/graph.ts'
import type { Plan } from '../runtime/plan.ts'
import { consumersOf, describe, describeSource, exchangeAt } from './explain-parts.ts'

interface Branch {
  readonly text: string
  readonly children: readonly Branch[]
}

/** The stages of a pipeline as a tree, a line each part. */
export function* explainAsTree(plans: readonly Plan[]): Generator<string> {
  yield `pipeline '${plans[0]?.pipeline.name}'`
  const seen = new Set<object>()
  yield* lines(plans.map((plan) => stage(plan, seen)))
}

function stage(plan: Plan, seen: Set<object>): Branch {
  const { stage: name, streams, from, sources } = plan
  const tasks = `a task for each shard of ${streams.map((stream) => `'${stream}'`).join(' and ')}`
  const log = name === undefined ? 'stage without state' : `stage '${name}'`
  const children =
    from === undefined
      ? sources.map((source) => ({ text: describeSource(source), children: behind(plan, source, seen) }))
      : [{ text: `exchange '${from.stream}'`, children: behind(plan, from.node, seen) }]
  return { text: `${log}: ${tasks}`, children }
}

const behind = (plan: Plan, node: object, seen: Set<object>): Branch[] =>
  consumersOf(plan, node).map(({ port, node: each }) => {
    const { text, children } = part(plan, each, seen)
    return { text: port === 'main' ? text : `${port}: ${text}`, children }
  })

function part(plan: Plan, node: OperatorNode | SinkNode, seen: Set<object>): Branch {
  const text = describe(plan, node)
  const exchange = exchangeAt(plan, node)
  if (exchange !== undefined) {
    return {
      text: `${text}, through the exchange '${exchange.stream}' to stage '${exchange.name}'`,
      children: [],
    }
  }
  // Only what several inputs lead to is met twice.
  if (seen.has(node)) return { text: `${text} (as above)`, children: [] }
  seen.add(node)
  return { text, children: behind(plan, node, seen) }
}

function* lines(branches: readonly Branch[], indent = ''): Generator<string> {
  for (const [index, { text, children }] of branches.entries()) {
    const last = index === branches.length - 1
    yield `${indent}${last ? '└─' : '├─'} ${text}`
    yield* lines(children, `${indent}${last ? '  ' : '│ '} `)
  }
}
