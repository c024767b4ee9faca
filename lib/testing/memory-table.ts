import { keyText } from '../connectors/dynamodb/coalesce.ts'
import { type Item, incremented } from '../connectors/dynamodb/item.ts'
import type { DynamoDBTarget } from '../core/graph.ts'
import { orderBytes } from '../core/order.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'

export type { Item } from '../connectors/dynamodb/item.ts'

interface Guarded {
  readonly item: Item
  readonly order: Buffer
}

/** A sink's table in memory, with the guard of the real one: an older output never overwrites a newer. */
export class MemoryTable implements SinkWriter {
  readonly #target: DynamoDBTarget
  readonly #items = new Map<string, Guarded>()

  constructor(target: DynamoDBTarget) {
    this.#target = target
  }

  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    for (const record of records) {
      const { order } = record
      const item = itemOf(this.#target, record)
      const key = keyText(item, this.#target.key)
      const bytes = orderBytes(order)
      const known = this.#items.get(key)
      if (known === undefined) this.#items.set(key, { item, order: bytes })
      else if (Buffer.compare(known.order, bytes) < 0) {
        const next =
          this.#target.mode === 'increment' ? incremented(known.item, item, this.#target.key) : item
        this.#items.set(key, { item: next, order: bytes })
      }
    }
    return []
  }

  /** The items, by key: numbers by value, strings by code unit. */
  items(): Item[] {
    const names = this.#target.key as readonly string[]
    return [...this.#items.values()].map(({ item }) => item).sort((a, b) => compareKeys(a, b, names))
  }
}

/** The item as written: with `append` the output's id is its last key attribute. */
const itemOf = ({ key, mode }: DynamoDBTarget, record: SinkRecord): Item => {
  const item = record.payload as Item
  return mode === 'append' ? { ...item, [key.at(-1) as string]: record.id } : item
}

function compareKeys(a: Item, b: Item, names: readonly string[]): number {
  for (const name of names) {
    const [x, y] = [a[name] as number, b[name] as number]
    if (x < y) return -1
    if (x > y) return 1
  }
  return 0
}
