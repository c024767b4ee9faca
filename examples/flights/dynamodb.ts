import type { DatabaseSync } from 'node:sqlite'
import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { ConfigurationError } from '../../lib/core/errors.ts'
import type { DynamoDBTarget } from '../../lib/core/graph.ts'
import {
  createTable,
  deleteTable,
  type LocalFunction,
  STATE_TABLE,
  STATE_TABLE_KEY,
  type TableKey,
  tableStatus,
} from '../../lib/local/index.ts'
import { openDynamoDB } from '../../lib/state/dynamodb-client.ts'
import { storeOfRun } from './run-settings.ts'

/** A client of the DynamoDB at `endpoint`. One on this machine asks for no credentials, but the SDK does. */
export function openEndpoint(endpoint: string): Promise<DynamoDB> {
  const { AWS_ACCESS_KEY_ID, AWS_PROFILE, AWS_REGION } = process.env
  const local = { accessKeyId: 'local', secretAccessKey: 'local' }
  return openDynamoDB({
    endpoint,
    region: AWS_REGION ?? 'local',
    // A busy machine is no outage.
    requestHandler: { requestTimeout: 60_000 },
    ...(AWS_ACCESS_KEY_ID === undefined && AWS_PROFILE === undefined && { credentials: local }),
  })
}

interface RunTables {
  readonly database: DatabaseSync
  readonly functions: readonly LocalFunction[]
  /** Forget the tables of another run. */
  readonly fresh: boolean
  /** Records of the run that are in the stream already. */
  readonly records: number
}

/**
 * Makes the tables of the run, where they are missing.
 * @throws ConfigurationError if the run has begun and its state is gone, or if there is state of another run
 */
export async function prepareTables(
  client: DynamoDB,
  { database, functions, fresh, records }: RunTables,
): Promise<void> {
  const tables = new Map<string, TableKey>([[STATE_TABLE, STATE_TABLE_KEY]])
  for (const { handler } of functions) {
    for (const { target } of handler.pipeline.sinks) tables.set(target.table, tableKey(target))
  }
  if (fresh) for (const name of tables.keys()) await deleteTable(client, name)
  const found = (await tableStatus(client, STATE_TABLE)) !== undefined
  const known = storeOfRun(database, 'dynamodb', records)
  if (known && records > 0 && !found) {
    throw new ConfigurationError(
      `the run has begun, and its state is not at this endpoint (there is no table '${STATE_TABLE}'): go on with the endpoint that it began with, or start anew with --fresh`,
      { table: STATE_TABLE },
    )
  }
  if (!known && found) {
    throw new ConfigurationError(
      `at this endpoint there is the state of another run (table '${STATE_TABLE}'): take another endpoint, or delete its tables with --fresh`,
      { table: STATE_TABLE },
    )
  }
  for (const [name, key] of tables) await createTable(client, name, key)
}

/** The types are those of the items of functions/: hours are numbers, all else is text. */
const tableKey = ({ key }: DynamoDBTarget): TableKey =>
  Object.fromEntries(key.map((name) => [name ?? '', name === 'hour' ? ('N' as const) : ('S' as const)]))
