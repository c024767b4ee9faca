import { keyText } from '../../lib/connectors/dynamodb/coalesce.ts'
import { type Item, incremented } from '../../lib/connectors/dynamodb/item.ts'
import type { SinkRecord } from '../../lib/core/sink-writer.ts'
import type { Plan } from '../../lib/runtime/plan.ts'

/**
 * What the tables must hold: every committed output applied once, in the order of the log, without a guard.
 * Where the guard itself is wrong, a plain run is wrong in the same way; this is not.
 */
export class CommittedTables {
  readonly #plan: Plan
  readonly #isRefused: (record: SinkRecord) => boolean
  readonly #tables = new Map<string, Map<string, Item>>()

  constructor(plan: Plan, isRefused: (record: SinkRecord) => boolean) {
    this.#plan = plan
    this.#isRefused = isRefused
  }

  /** @param label of the sink */
  apply(label: string, record: SinkRecord): void {
    const target = this.#plan.sinks.find((sink) => sink.label === label)?.node.target
    if (target === undefined || this.#isRefused(record)) return
    const { table: name, mode, key } = target
    const table = this.#tables.get(name) ?? new Map<string, Item>()
    this.#tables.set(name, table)
    const payload = record.payload as Item
    const item = mode === 'append' ? { ...payload, [key.at(-1) as string]: record.id } : payload
    const text = keyText(item, key)
    const before = table.get(text)
    table.set(text, before && mode === 'increment' ? incremented(before, item, key) : item)
  }

  /** The items of each table. */
  contents(): Record<string, readonly Item[]> {
    return Object.fromEntries([...this.#tables].map(([name, table]) => [name, [...table.values()]]))
  }
}
