import type { DatabaseSync, StatementSync } from 'node:sqlite'
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

  constructor(database: DatabaseSync, target: DynamoDBTarget) {
    createItemTables(database)
    this.#database = database
    this.#target = target
    this.#put = database.prepare(`
      INSERT INTO items VALUES (?, ?, ?, ?, ?)
      ON CONFLICT DO UPDATE SET output_order = excluded.output_order, item = excluded.item
      WHERE excluded.output_order > output_order
    `)
  }

  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    const { table, key, mode } = this.#target
    const [partition, sort] = key
    const idAttribute = mode === 'append' ? (sort ?? partition) : undefined
    transaction(this.#database, () => {
      for (const record of records) {
        const { order } = record
        const given = record.payload as Readonly<Record<string, unknown>>
        const item = idAttribute === undefined ? given : { ...given, [idAttribute]: record.id }
        const sortKey = sort === undefined ? '' : item[sort]
        this.#put.run(table, item[partition] as Key, sortKey as Key, orderBytes(order), itemJson(item))
      }
    })
    return []
  }
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
