import { byItem, summed } from '../../lib/connectors/dynamodb/coalesce.ts'
import { InvalidOutputError } from '../../lib/core/errors.ts'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../../lib/core/sink-writer.ts'
import { MemoryTable } from '../../lib/testing/memory-table.ts'
import { type Ledger, withoutStack } from './ledger.ts'
import type { Random } from './random.ts'
import { isRefused, REFUSED } from './records.ts'
import type { Scheduler } from './scheduler.ts'

interface SinkContext {
  readonly scheduler: Scheduler
  readonly random: Random
  readonly ledger: Pick<Ledger, 'published'>
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
    return this.#writer(
      target.table,
      (records) => table.write(records),
      isRefused,
      (records) => (target.mode === 'increment' ? sums(target, records) : eachAlone(records)),
    )
  }

  readonly deadLetters: SinkWriter = this.#writer('letters', async (records) => {
    for (const { id, payload } of records) this.#letters.set(id, withoutStack(payload))
  })

  /** All that the sinks and the dead letters hold. */
  contents(): Record<string, readonly unknown[]> {
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
    writesOf: (records: readonly SinkRecord[]) => readonly Write[] = eachAlone,
  ): SinkWriter {
    return {
      write: async (records) => {
        const { scheduler, random, ledger, torn } = this.#context
        // The guard makes the order of writes irrelevant.
        const taken = writesOf(records.filter((record) => !refused(record)))
        for (const run of random.cut(torn === 1 ? random.shuffled(taken) : taken, torn)) {
          await scheduler.call(`write ${name} ${run.length}`, async () => {
            for (const record of run.flatMap(({ of }) => of)) ledger.published(record)
            await write(run.map(({ record }) => record))
          })
        }
        return records.filter(refused).map((record): Rejection => {
          return { record, error: new InvalidOutputError(`${REFUSED} is refused`) }
        })
      },
    }
  }
}

/** A write and the outputs that are in it. */
interface Write {
  readonly record: SinkRecord
  readonly of: readonly SinkRecord[]
}

const eachAlone = (records: readonly SinkRecord[]): Write[] =>
  records.map((record) => ({ record, of: [record] }))

/** As the real sink does: the increments of one item are one write. */
const sums = (target: DynamoDBTarget, records: readonly SinkRecord[]): Write[] =>
  byItem(target, records).map((of) => ({ record: summed(target, of), of }))
