import { InvalidOutputError } from '../../core/errors.ts'
import type { DynamoDBTarget } from '../../core/graph.ts'
import { inParallel } from '../../core/in-parallel.ts'
import type { Rejection, SinkRecord, SinkWriter } from '../../core/sink-writer.ts'
import { isValidationError } from '../../state/dynamodb-errors.ts'
import { batchesOf, DynamoDBTable, type TableOptions } from '../../state/dynamodb-table.ts'
import { attributeValues } from './attribute-values.ts'
import { checkKeySchema, sinkTableNeeds } from './check-table.ts'
import { byItem, type ItemRecords, summed } from './coalesce.ts'
import { appendedItem, guardedIncrement, guardedPut } from './guarded-write.ts'
import type { Item } from './item.ts'

/** Calls on their way at a time: enough to hide their latency, below the SDK's 50 connections. */
const IN_FLIGHT = 32
const BATCHES_IN_FLIGHT = 8

export interface DynamoDBWriterOptions extends TableOptions {
  readonly target: DynamoDBTarget
}

/**
 * Writes a sink's outputs into its table, each exactly once (protocol R13). `upsert` and `increment` keep
 * the order of the last output in each item and write under the condition that it is older; a condition
 * that fails is no failure, the item holds something newer. `append` writes items that are named by their
 * output: the same again is the same item.
 *
 * Outputs of one call for one item become one write: the last one with `upsert`, the sum with `increment`.
 * Increments of a pipeline without state are not summed: its batches may be cut differently when they come
 * again, and a sum could then hold what was added before.
 */
export class DynamoDBWriter implements SinkWriter {
  readonly #target: DynamoDBTarget
  readonly #table: DynamoDBTable

  constructor({ target, ...options }: DynamoDBWriterOptions) {
    this.#target = target
    this.#table = new DynamoDBTable(sinkTableNeeds(target), options)
  }

  /** @throws ConfigurationError for a table that is missing, has another key or may not be used */
  check(): Promise<void> {
    return checkKeySchema(this.#table)
  }

  /** @throws RetryableError when DynamoDB does not take a write for now */
  async write(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    if (this.#target.mode === 'append') return await this.#append(records)
    const write = this.#target.mode === 'upsert' ? this.#upsert : this.#increment
    const rejections = await inParallel(byItem(this.#target, records), IN_FLIGHT, (each) => write(each))
    return rejections.flat()
  }

  /** Newest first: where the newest is refused, the item is what the one before made of it. */
  readonly #upsert = async (records: ItemRecords): Promise<readonly Rejection[]> => {
    const rejections: Rejection[] = []
    for (const record of records.toReversed()) {
      const rejection = await this.#taken(record, () => this.#table.put(guardedPut(record)))
      if (rejection === undefined) break
      rejections.push(rejection)
    }
    return rejections
  }

  /**
   * What is refused takes with it all that comes after it for that item: had the item the order of a later
   * one, the refusal could not be seen again when the outputs come again before it is a dead letter.
   */
  readonly #increment = async (records: ItemRecords): Promise<readonly Rejection[]> => {
    const [{ order }] = records
    const steps = order.generation > 0 ? [summed(this.#target, records)] : records
    for (const [index, step] of steps.entries()) {
      const rejection = await this.#taken(step, () =>
        this.#table.update(guardedIncrement(this.#target, step)),
      )
      if (rejection !== undefined) {
        return records.slice(index).map((record) => ({ record, error: rejection.error }))
      }
    }
    return []
  }

  async #append(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    // One BatchWriteItem must not name an item twice, and ids are the same when an output comes twice.
    const distinct = [...new Map(records.map((record) => [record.id, record])).values()]
    const batches = batchesOf(distinct)
    const rejections = await inParallel(batches, BATCHES_IN_FLIGHT, (batch) => this.#appendBatch(batch))
    return rejections.flat()
  }

  async #appendBatch(records: readonly SinkRecord[]): Promise<readonly Rejection[]> {
    const attributes = (record: SinkRecord) => attributeValues(appendedItem(this.#target, record))
    try {
      await this.#table.batch(records.map((record) => ({ PutRequest: { Item: attributes(record) } })))
      return []
    } catch (error) {
      if (!isRefusal(error)) throw error
    }
    // One item that DynamoDB refuses spoils the whole batch.
    const results = await inParallel(records, BATCHES_IN_FLIGHT, (record) =>
      this.#taken(record, () => this.#table.put({ Item: attributes(record) })),
    )
    return results.filter(isRejection)
  }

  /** Makes one write. @returns the rejection of an output that the table will never take */
  async #taken(record: SinkRecord, write: () => Promise<unknown>): Promise<Rejection | undefined> {
    try {
      await write()
      return undefined
    } catch (error) {
      if (!isRefusal(error)) throw error
      const { table } = this.#target
      const refused = new InvalidOutputError(
        `DynamoDB table '${table}' does not take the item: ${error.message}`,
        { table, key: keyShown(this.#target, record) },
        { cause: error },
      )
      return { record, error: refused }
    }
  }
}

/** The item is wrong, and will be: too large, a key of the wrong type, an empty set, a full item collection. */
const isRefusal = (error: unknown): error is Error =>
  isValidationError(error) ||
  error instanceof InvalidOutputError ||
  (error instanceof Error && error.name === 'ItemCollectionSizeLimitExceededException')

const isRejection = (result: Rejection | undefined): result is Rejection => result !== undefined

const keyShown = ({ key }: DynamoDBTarget, { payload }: SinkRecord): unknown[] =>
  key.map((name) => name && (payload as Item)[name])
