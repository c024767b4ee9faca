import { isValidationError, type TableNeeds, wrongKeyError } from './dynamodb-errors.ts'
import {
  ATTEMPT,
  attemptOf,
  DELIVERED,
  entryAttributes,
  entryOf,
  entrySlot,
  holderOf,
  isEntry,
  itemKey,
  LOG,
  META,
  numberOf,
} from './dynamodb-items.ts'
import { type Attributes, DynamoDBTable, type TableOptions } from './dynamodb-table.ts'
import type { AppendResult, Attempt, PipelineMeta, StateStore, StoredEntry, TaskItems } from './store.ts'

export interface DynamoDBStateOptions extends TableOptions {
  /** The state table's name: one table can hold the state of many pipelines. */
  readonly table: string
}

/** The state table as it must be. */
export const stateTableNeeds = (table: string): TableNeeds => ({
  table,
  key: [
    { name: 'task', type: 'S' },
    { name: 'slot', type: 'S' },
  ],
  actions: ['Query', 'GetItem', 'PutItem', 'BatchWriteItem'],
  grant: 'table.grantReadWriteData(fn)',
})

/**
 * State logs in a DynamoDB table: a commit is one conditional PutItem, a load one consistent Query.
 * Throttling and outages that outlast the SDK's retries are thrown as `RetryableError`.
 *
 * A table that is missing, has another key or may not be used is found by the first call, `openPipeline`:
 * its Query names both key attributes with their types, and DynamoDB's ValidationException tells that they
 * are others. So DescribeTable is never called and needs no permission.
 * @throws ConfigurationError for such a table, with what to change
 */
export class DynamoDBStateStore implements StateStore {
  /** An item has at most 400 KB with its names and keys; the rest is left for these. */
  readonly maxEntryBytes = 390_000
  readonly #table: DynamoDBTable

  constructor({ table, ...options }: DynamoDBStateOptions) {
    this.#table = new DynamoDBTable(stateTableNeeds(table), options)
  }

  async openPipeline(pipeline: string, initial: PipelineMeta): Promise<PipelineMeta> {
    const known = await this.#meta(pipeline)
    if (known !== undefined) return known
    const { done } = await this.#put(pipeline, META, { meta: { S: JSON.stringify(initial) } }, NEW)
    return done ? initial : ((await this.#meta(pipeline)) ?? initial)
  }

  async replacePipeline(pipeline: string, expected: PipelineMeta, next: PipelineMeta): Promise<boolean> {
    const { done } = await this.#put(
      pipeline,
      META,
      { meta: { S: JSON.stringify(next) } },
      {
        ConditionExpression: '#meta = :expected',
        ExpressionAttributeNames: { '#meta': 'meta' },
        ExpressionAttributeValues: { ':expected': { S: JSON.stringify(expected) } },
      },
    )
    return done
  }

  async load(task: string): Promise<TaskItems> {
    const items = await this.#query(task, 'begins_with(#slot, :slot)', LOG)
    const at = (slot: string) => items.find((item) => item.slot?.S === slot)
    return {
      entries: items.filter(isEntry).map(entryOf),
      delivered: numberOf(at(DELIVERED), 'version'),
      attempt: attemptOf(at(ATTEMPT)),
    }
  }

  async append(task: string, entry: StoredEntry, ringSize: number): Promise<AppendResult> {
    const before = entry.version - ringSize
    const condition = before < 0 ? NEW : { ...HOLDS_VERSION, ExpressionAttributeValues: numbered(before) }
    const slot = entrySlot(entry.version % ringSize)
    const result = await this.#put(task, slot, entryAttributes(entry), condition)
    if (result.done) return { committed: true }
    return { committed: false, holder: result.held && holderOf(result.held) }
  }

  async markDelivered(task: string, version: number, idle = false): Promise<void> {
    await this.#put(
      task,
      DELIVERED,
      { version: { N: String(version) }, ...(idle && { idle: { BOOL: true } }) },
      {
        ConditionExpression: 'attribute_not_exists(#version) OR #version <= :version',
        ExpressionAttributeNames: { '#version': 'version' },
        ExpressionAttributeValues: numbered(version),
      },
    )
  }

  async isIdle(task: string, ringSize: number): Promise<boolean> {
    const mark = await this.#checked(this.#table.get(itemKey(task, DELIVERED)))
    if (mark?.idle?.BOOL !== true) return false
    const next = (numberOf(mark, 'version') ?? -1) + 1
    const behind = await this.#checked(this.#table.get(itemKey(task, entrySlot(next % ringSize))))
    return numberOf(behind, 'version') !== next
  }

  async noteAttempt(task: string, attempt: Attempt): Promise<void> {
    await this.#put(task, ATTEMPT, { attempt: { S: JSON.stringify(attempt) } })
  }

  async #meta(pipeline: string): Promise<PipelineMeta | undefined> {
    const [item] = await this.#query(pipeline, '#slot = :slot', META)
    return item?.meta?.S === undefined ? undefined : (JSON.parse(item.meta.S) as PipelineMeta)
  }

  #query(task: string, slotCondition: string, slot: string): Promise<Attributes[]> {
    return this.#checked(
      this.#table.query({
        KeyConditionExpression: `#task = :task AND ${slotCondition}`,
        ExpressionAttributeNames: { '#task': 'task', '#slot': 'slot' },
        ExpressionAttributeValues: { ':task': { S: task }, ':slot': { S: slot } },
      }),
    )
  }

  #put(task: string, slot: string, attributes: Attributes, condition: Condition = {}) {
    return this.#checked(this.#table.put({ Item: { ...itemKey(task, slot), ...attributes }, ...condition }))
  }

  /** The store's calls are all alike: one that DynamoDB finds invalid meets a table with another key. */
  async #checked<Result>(call: Promise<Result>): Promise<Result> {
    try {
      return await call
    } catch (error) {
      throw isValidationError(error) ? wrongKeyError(this.#table.needs, error) : error
    }
  }
}

interface Condition {
  readonly ConditionExpression?: string
  readonly ExpressionAttributeNames?: Record<string, string>
  readonly ExpressionAttributeValues?: Attributes
}

const NEW: Condition = {
  ConditionExpression: 'attribute_not_exists(#task)',
  ExpressionAttributeNames: { '#task': 'task' },
}

const HOLDS_VERSION: Condition = {
  ConditionExpression: '#version = :version',
  ExpressionAttributeNames: { '#version': 'version' },
}

const numbered = (version: number): Attributes => ({ ':version': { N: String(version) } })
