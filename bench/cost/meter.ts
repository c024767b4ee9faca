import type { ConsumedUnits } from '../../lib/state/dynamodb-table.ts'

/** What calls to a table consumed. */
export interface Consumed {
  /** calls that wrote, or read */
  readonly writes: number
  readonly reads: number
  /** capacity units */
  readonly writeUnits: number
  readonly readUnits: number
}

const NOTHING: Consumed = { writes: 0, reads: 0, writeUnits: 0, readUnits: 0 }

/** Adds up what DynamoDB says of each call, by table. */
export class Meter {
  readonly #tables = new Map<string, Consumed>()

  readonly onConsumed = ({ table, write, read }: ConsumedUnits): void => {
    const { writes, reads, writeUnits, readUnits } = this.of(table)
    this.#tables.set(table, {
      writes: writes + (write > 0 ? 1 : 0),
      reads: reads + (read > 0 ? 1 : 0),
      writeUnits: writeUnits + write,
      readUnits: readUnits + read,
    })
  }

  of(table: string): Consumed {
    return this.#tables.get(table) ?? NOTHING
  }
}
