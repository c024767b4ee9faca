import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { systemClock } from '../time/clock.ts'

/** The attributes of a table's key with their types: the partition key, then the sort key if there is one. */
export type TableKey = Readonly<Record<string, 'S' | 'N' | 'B'>>

/** The key of a state table. */
export const STATE_TABLE_KEY: TableKey = { task: 'S', slot: 'S' }

const POLL_MS = 5

/** Makes a table if there is none of that name, and waits until it can be used: for servers on this machine. */
export async function createTable(client: DynamoDB, name: string, key: TableKey): Promise<void> {
  const attributes = Object.entries(key)
  try {
    await client.createTable({
      TableName: name,
      BillingMode: 'PAY_PER_REQUEST',
      AttributeDefinitions: attributes.map(([AttributeName, AttributeType]) => ({
        AttributeName,
        AttributeType,
      })),
      KeySchema: attributes.map(([AttributeName], index) => ({
        AttributeName,
        KeyType: index === 0 ? 'HASH' : 'RANGE',
      })),
    })
  } catch (error) {
    if (!(error instanceof Error && error.name === 'ResourceInUseException')) throw error
  }
  while ((await tableStatus(client, name)) !== 'ACTIVE') await systemClock.sleep(POLL_MS)
}

/** Deletes a table, if it is there, and waits until it is gone. */
export async function deleteTable(client: DynamoDB, name: string): Promise<void> {
  try {
    await client.deleteTable({ TableName: name })
  } catch (error) {
    if (!isMissing(error)) throw error
  }
  while ((await tableStatus(client, name)) !== undefined) await systemClock.sleep(POLL_MS)
}

/** @returns undefined if there is no such table */
export async function tableStatus(client: DynamoDB, name: string): Promise<string | undefined> {
  try {
    const { Table } = await client.describeTable({ TableName: name })
    return Table?.TableStatus
  } catch (error) {
    if (isMissing(error)) return undefined
    throw error
  }
}

const isMissing = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ResourceNotFoundException'
