import type {
  AttributeValue,
  ConsumedCapacity,
  DynamoDB,
  PutItemCommandInput,
  QueryCommandInput,
  UpdateItemCommandInput,
  WriteRequest,
} from '@aws-sdk/client-dynamodb'
import { RetryableError } from '../core/errors.ts'
import { type Clock, systemClock } from '../time/clock.ts'
import { dynamodbError, isConditionFailure, type TableNeeds } from './dynamodb-errors.ts'

/** Writes of one BatchWriteItem: https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_BatchWriteItem.html */
const BATCH_WRITES = 25
const UNPROCESSED_ATTEMPTS = 8
const FIRST_PAUSE_MS = 50

export type Attributes = Record<string, AttributeValue>

/** What a call consumed, in capacity units. A write whose condition fails consumes too, and tells nothing. */
export interface ConsumedUnits {
  readonly table: string
  readonly write: number
  readonly read: number
}

export interface TableOptions {
  readonly client: DynamoDB
  /** Told what each call consumed. @default capacity is not asked for */
  readonly onConsumed?: ((units: ConsumedUnits) => void) | undefined
  /** @default the machine's */
  readonly clock?: Clock
}

/** Whether a conditional write was done; if not, the item that was in its place, where DynamoDB told it. */
export type WriteResult =
  | { readonly done: true }
  | { readonly done: false; readonly held: Attributes | undefined }

type Call<Input> = Omit<Input, 'TableName'>

/**
 * One DynamoDB table: calls that count what they consume, and whose errors are in millrace's terms
 * (`dynamodbError`). DynamoDB's ValidationException comes through as it is.
 */
export class DynamoDBTable {
  readonly needs: TableNeeds
  readonly #options: TableOptions
  readonly #common: { TableName: string; ReturnConsumedCapacity?: 'TOTAL' }

  constructor(needs: TableNeeds, options: TableOptions) {
    this.needs = needs
    this.#options = options
    this.#common = {
      TableName: needs.table,
      ...(options.onConsumed && { ReturnConsumedCapacity: 'TOTAL' }),
    }
  }

  put(input: Call<PutItemCommandInput>): Promise<WriteResult> {
    const { client } = this.#options
    return this.#write(() => client.putItem({ ...this.#common, ...RETURN_HELD, ...input }))
  }

  update(input: Call<UpdateItemCommandInput>): Promise<WriteResult> {
    const { client } = this.#options
    return this.#write(() => client.updateItem({ ...this.#common, ...RETURN_HELD, ...input }))
  }

  /** A consistent read of one item. */
  async get(key: Attributes): Promise<Attributes | undefined> {
    const { client } = this.#options
    const { Item, ConsumedCapacity } = await this.#call(() =>
      client.getItem({ ...this.#common, Key: key, ConsistentRead: true }),
    )
    this.#count('read', ConsumedCapacity)
    return Item
  }

  /** All items that a consistent Query finds, page by page (1 MB each). */
  async query(input: Call<QueryCommandInput>): Promise<Attributes[]> {
    const { client } = this.#options
    const items: Attributes[] = []
    let from: Attributes | undefined
    do {
      const { Items, ConsumedCapacity, LastEvaluatedKey } = await this.#call(() =>
        client.query({
          ...this.#common,
          ConsistentRead: true,
          ...input,
          ...(from && { ExclusiveStartKey: from }),
        }),
      )
      this.#count('read', ConsumedCapacity)
      for (const item of Items ?? []) items.push(item)
      from = LastEvaluatedKey
    } while (from !== undefined)
    return items
  }

  /**
   * Up to 25 puts and deletes without conditions. What DynamoDB leaves unprocessed is sent again.
   * @throws RetryableError when some are still left after 8 attempts
   */
  async batch(writes: readonly WriteRequest[]): Promise<void> {
    const { client, clock = systemClock } = this.#options
    const { table } = this.needs
    let left = [...writes]
    for (let attempt = 0; left.length > 0; attempt++) {
      if (attempt === UNPROCESSED_ATTEMPTS) {
        throw new RetryableError(
          `DynamoDB left ${left.length} of ${writes.length} writes to table '${table}' unprocessed, ${attempt} times: it is throttled; see its WriteThrottleEvents`,
          { table, left: left.length },
        )
      }
      if (attempt > 0) await clock.sleep(FIRST_PAUSE_MS * 2 ** (attempt - 1) * (0.5 + Math.random() / 2))
      const sent = left
      const { TableName, ...common } = this.#common
      const { UnprocessedItems, ConsumedCapacity } = await this.#call(() =>
        client.batchWriteItem({ ...common, RequestItems: { [TableName]: sent } }),
      )
      for (const each of ConsumedCapacity ?? []) this.#count('write', each)
      left = UnprocessedItems?.[TableName] ?? []
    }
  }

  async #write(
    call: () => Promise<{ ConsumedCapacity?: ConsumedCapacity | undefined }>,
  ): Promise<WriteResult> {
    try {
      const { ConsumedCapacity } = await call()
      this.#count('write', ConsumedCapacity)
      return { done: true }
    } catch (error) {
      if (isConditionFailure(error)) return { done: false, held: (error as { Item?: Attributes }).Item }
      throw await this.#explain(error)
    }
  }

  async #call<Result>(call: () => Promise<Result>): Promise<Result> {
    try {
      return await call()
    } catch (error) {
      throw await this.#explain(error)
    }
  }

  async #explain(error: unknown): Promise<unknown> {
    const region = await this.#options.client.config.region().catch(() => 'none')
    return dynamodbError(error, this.needs, region)
  }

  #count(kind: 'read' | 'write', capacity: ConsumedCapacity | undefined): void {
    if (capacity === undefined) return
    const { TableName: table = this.needs.table, CapacityUnits: units = 0 } = capacity
    this.#options.onConsumed?.({ table, write: 0, read: 0, [kind]: units })
  }
}

const RETURN_HELD = { ReturnValuesOnConditionCheckFailure: 'ALL_OLD' } as const

/** The writes in groups that one BatchWriteItem takes. */
export function batchesOf<A>(writes: readonly A[]): A[][] {
  const batches: A[][] = []
  for (let from = 0; from < writes.length; from += BATCH_WRITES) {
    batches.push(writes.slice(from, from + BATCH_WRITES))
  }
  return batches
}
