import type { Plan } from '../runtime/plan.ts'
import { consumersOf, describe, describeSource, exchangeAt } from './explain-parts.ts'

/** The stages of a pipeline as a Mermaid flowchart: https://mermaid.js.org/syntax/flowchart.html */
export function* explainAsMermaid(plans: readonly Plan[]): Generator<string> {
  const names = new Map<object, string>()
  const nameOf = (part: object): string => {
    const name = names.get(part) ?? `part${names.size + 1}`
    names.set(part, name)
    return name
  }
  yield 'flowchart LR'
  for (const [number, plan] of plans.entries()) {
    const { stage = 'stage without state', sources, from } = plan
    const edges: string[] = []
    if (from !== undefined) yield `  ${nameOf(from.node)}[("exchange ${text(from.stream)}")]`
    yield `  subgraph stage${number + 1}["${text(stage)}"]`
    for (const source of sources) yield `    ${nameOf(source)}[("${text(describeSource(source))}")]`
    const parts: object[] = from === undefined ? [...sources] : [from.node]
    for (const part of parts) {
      for (const { port, node } of consumersOf(plan, part)) {
        edges.push(`  ${nameOf(part)} -->${port === 'main' ? '' : `|${text(port)}|`} ${nameOf(node)}`)
        if (parts.includes(node) || exchangeAt(plan, node) !== undefined) continue
        parts.push(node)
        const shape =
          node.kind === 'sink' ? ['[/', '/]'] : node.signature === undefined ? ['(', ')'] : ['[', ']']
        yield `    ${nameOf(node)}${shape[0]}"${text(describe(plan, node))}"${shape[1]}`
      }
    }
    yield '  end'
    yield* edges
  }
}

/** Quotes end a text, and `#` begins an entity. */
const text = (plain: string): string => plain.replaceAll('#', '#35;').replaceAll('"', '#quot;')
