import type { Claim, ClaimStore } from '../core/claim-store.ts'
import { RetryableError } from '../core/errors.ts'
import { itemKey, numberOf } from './dynamodb-items.ts'
import { type DynamoDBStateOptions, stateTableNeeds } from './dynamodb-store.ts'
import { type Attributes, DynamoDBTable } from './dynamodb-table.ts'

const SLOT = 'claim'

/** How often the holder of a key may vanish between the failed write and the look at it. */
const ATTEMPTS = 5

/**
 * Claims in the state table: one item each, in a partition of its own. The table's time to live must be on
 * `expires`, epoch seconds. DynamoDB deletes by it up to days late; until then an expired claim is told by
 * `expiresMs`, and a write over it is like one to a free key.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/TTL.html
 */
export class DynamoDBClaimStore implements ClaimStore {
  readonly #table: DynamoDBTable

  constructor({ table, ...options }: DynamoDBStateOptions) {
    const needs = { ...stateTableNeeds(table), actions: ['GetItem', 'PutItem', 'UpdateItem'] }
    this.#table = new DynamoDBTable(needs, options)
  }

  async put(claim: Claim, now: number, instead?: string): Promise<Claim | undefined> {
    for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
      const result = await this.#table.put({ Item: itemOf(claim), ...freeOr(instead, now) })
      if (result.done) return undefined
      // Not every server returns the item with the failure.
      const held = result.held ?? (await this.#table.get(itemKey(claim.key, SLOT)))
      if (held === undefined) continue
      const holder = claimOf(held)
      return holder.owner === claim.owner ? undefined : holder
    }
    throw new RetryableError(`the claim on '${claim.key}' was removed each time it was looked at`, {
      key: claim.key,
    })
  }

  /** Makes it an expired one: the time to live deletes it later. */
  async remove(key: string, owner: string): Promise<void> {
    await this.#table.update({
      Key: itemKey(key, SLOT),
      UpdateExpression: 'SET #expiresMs = :never',
      ConditionExpression: '#owner = :owner',
      ExpressionAttributeNames: { '#expiresMs': 'expiresMs', '#owner': 'owner' },
      ExpressionAttributeValues: { ':never': { N: '0' }, ':owner': { S: owner } },
    })
  }
}

function freeOr(instead: string | undefined, now: number) {
  const free = 'attribute_not_exists(#task) OR #expiresMs <= :now'
  const names = { '#task': 'task', '#expiresMs': 'expiresMs' }
  const values: Attributes = { ':now': { N: String(now) } }
  if (instead === undefined) {
    return {
      ConditionExpression: free,
      ExpressionAttributeNames: names,
      ExpressionAttributeValues: values,
    }
  }
  return {
    ConditionExpression: `${free} OR #owner = :instead`,
    ExpressionAttributeNames: { ...names, '#owner': 'owner' },
    ExpressionAttributeValues: { ...values, ':instead': { S: instead } },
  }
}

const itemOf = ({ key, owner, state, until, expires, redrive, failure }: Claim): Attributes => ({
  ...itemKey(key, SLOT),
  owner: { S: owner },
  state: { S: state },
  until: { N: String(until) },
  expires: { N: String(Math.ceil(expires / 1_000)) },
  expiresMs: { N: String(expires) },
  redrive: { S: redrive },
  ...(failure && { failure: { S: JSON.stringify(failure) } }),
})

function claimOf(item: Attributes): Claim {
  const { task, owner, state, redrive, failure } = item
  return {
    key: task?.S ?? '',
    owner: owner?.S ?? '',
    state: state?.S as Claim['state'],
    until: numberOf(item, 'until') ?? 0,
    expires: numberOf(item, 'expiresMs') ?? 0,
    redrive: redrive?.S ?? '',
    ...(failure?.S !== undefined && { failure: JSON.parse(failure.S) }),
  }
}
