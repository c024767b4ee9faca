import type { OperatorNode, SinkNode } from '../core/graph.ts'

/** Label of the source among the operators' labels. */
export const SOURCE = 'source'

/**
 * Labels are names where the user gave one: they are the identity of state. Others are what the part does,
 * with a number from the second on, if nothing else has that label.
 */
export function labelsOf(nodes: readonly (OperatorNode | SinkNode)[]): ReadonlyMap<object, string> {
  const labels = new Map<object, string>()
  for (const node of nodes) {
    if (node.kind === 'operator' && node.name !== undefined) labels.set(node, node.name)
  }
  const taken = new Set([SOURCE, ...labels.values()])
  for (const node of nodes) {
    if (labels.has(node)) continue
    const base = node.kind === 'sink' ? `${node.op}(${node.target.table})` : node.op
    let label = base
    for (let times = 2; taken.has(label); times++) label = `${base}-${times}`
    taken.add(label)
    labels.set(node, label)
  }
  return labels
}
