import type { DatabaseSync, StatementSync } from 'node:sqlite'
import { type Item, incremented, isAddend } from '../connectors/dynamodb/item.ts'
import type { DynamoDBTarget } from '../core/graph.ts'
import { orderBytes } from '../core/order.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../core/sink-writer.ts'
import { itemJson } from './item-json.ts'
import { transaction } from './transaction.ts'

type Key = string | number | bigint | Uint8Array

/** Tables of all sinks; a table without a sort key has '' there. */
const SCHEMA = `
  CREATE TABLE IF NOT EXISTS items (
    "table" TEXT NOT NULL, partition_key NOT NULL, sort_key NOT NULL, output_order BLOB NOT NULL, item TEXT NOT NULL,
    PRIMARY KEY ("table", partition_key, sort_key)
  ) WITHOUT ROWID;
`

/**
 * The embedded store's table of a DynamoDB sink, with the same guard: an item is only replaced by an output
 * that comes after the one that wrote it (protocol R13). The guard is never shown.
 */
export class LocalTable implements SinkWriter {
  readonly #database: DatabaseSync
  readonly #target: DynamoDBTarget
  readonly #put: StatementSync
  readonly #get: StatementSync

  constructor(database: DatabaseSync, target: DynamoDBTarget) {
    createItemTables(database)
    this.#database = database
    this.#target = target
    this.#put = database.prepare(`
      INSERT INTO items VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET output_order = excluded.output_order, item = excluded.item
      WHERE excluded.output_order > output_order
    `)
    this.#get = database.prepare(
      'SELECT item FROM items WHERE "table" = ? AND partition_key = ? AND sort_key = ?',
    )
  }

  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    const { table, key, mode } = this.#target
    const [partition, sort] = key
    const idAttribute = mode === 'append' ? (sort ?? partition) : undefined
    transaction(this.#database, () => {
      for (const record of records) {
        const { order } = record
        const given = record.payload as Item
        const item = idAttribute === undefined ? given : { ...given, [idAttribute]: record.id }
        const place = [table, item[partition] as Key, sort === undefined ? '' : (item[sort] as Key)] as const
        const next = mode === 'increment' ? this.#increment(place, item) : item
        this.#put.run(...place, orderBytes(order), itemJson(next))
      }
    })
    return []
  }

  /** What the item would be after the increment; whether it is written is for the guard to say. */
  #increment(place: readonly [table: string, partition: Key, sort: Key], more: Item): Item {
    const row = this.#get.get(...place)
    if (row === undefined) return more
    const known = JSON.parse(String(row.item)) as Item
    return incremented(withBigIntegers(known, more), more, this.#target.key)
  }
}

/** JSON has big integers as digits: of what is added to, they are numbers again. */
function withBigIntegers(known: Item, more: Item): Item {
  const item: Record<string, unknown> = { ...known }
  for (const [name, value] of Object.entries(known)) {
    const isSum = typeof value === 'string' && isAddend(more[name])
    if (isSum && /^-?\d+$/.test(value)) item[name] = BigInt(value)
  }
  return item
}

/** The items of a local table as JSON texts, by partition key, then sort key. */
export function* localItems(database: DatabaseSync, table: string): Generator<string> {
  createItemTables(database)
  const rows = database
    .prepare('SELECT item FROM items WHERE "table" = ? ORDER BY partition_key, sort_key')
    .iterate(table)
  for (const { item } of rows) yield item as string
}

const createItemTables = (database: DatabaseSync): void => database.exec(SCHEMA)
