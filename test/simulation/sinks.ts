import { InvalidOutputError } from '../../lib/core/errors.ts'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../../lib/core/sink-writer.ts'
import { MemoryTable } from '../../lib/testing/memory-table.ts'
import type { Ledger } from './ledger.ts'
import type { Random } from './random.ts'
import { REFUSED } from './records.ts'
import type { Scheduler } from './scheduler.ts'

interface SinkContext {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly ledger: Ledger
  /** how likely a write is cut behind an item */
  readonly torn: number
}

/** The sinks of a simulated world, written a few items at a time: a crash leaves a part of them. */
export class SimSinks {
  readonly #context: SinkContext
  readonly #tables = new Map<string, MemoryTable>()
  readonly #letters = new Map<string, unknown>()

  constructor(context: SinkContext) {
    this.#context = context
  }

  open(target: DynamoDBTarget): SinkWriter {
    const table = this.#tables.get(target.table) ?? new MemoryTable(target)
    this.#tables.set(target.table, table)
    return this.#writer(target.table, (records) => table.write(records), isRefused)
  }

  readonly deadLetters: SinkWriter = this.#writer('letters', async (records) => {
    for (const { id, payload } of records) this.#letters.set(id, payload)
  })

  /** All that the sinks and the dead letters hold. */
  contents(): Record<string, unknown> {
    const tables = [...this.#tables].sort(([a], [b]) => (a < b ? -1 : 1))
    const letters = [...this.#letters].sort(([a], [b]) => (a < b ? -1 : 1))
    return {
      ...Object.fromEntries(tables.map(([name, table]) => [name, table.items()])),
      deadLetters: letters,
    }
  }

  #writer(
    name: string,
    write: (records: readonly SinkRecord[]) => Promise<unknown>,
    refused: (record: SinkRecord) => boolean = () => false,
  ): SinkWriter {
    return {
      write: async (records) => {
        const { scheduler, random, ledger, torn } = this.#context
        // The guard makes the order of writes irrelevant.
        const order = torn === 1 ? random.shuffled(records) : records
        for (const run of random.cut(order, torn)) {
          await scheduler.call(`write ${name} ${run.length}`, async () => {
            for (const record of run) if (!refused(record)) ledger.published(record)
            await write(run.filter((record) => !refused(record)))
          })
        }
        return records.filter(refused).map((record): Rejection => {
          return { record, error: new InvalidOutputError(`${REFUSED} is refused`) }
        })
      },
    }
  }
}

function isRefused({ payload }: SinkRecord): boolean {
  const { value } = payload as { value?: unknown }
  return value === REFUSED || (value as { n?: unknown } | undefined)?.n === REFUSED
}
