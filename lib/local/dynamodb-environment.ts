import type { DatabaseSync } from 'node:sqlite'
import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import { DynamoDBWriter } from '../connectors/dynamodb/writer.ts'
import type { SinkTarget } from '../core/graph.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import type { Environment } from '../runtime/environment.ts'
import { DynamoDBBlobStore } from '../state/dynamodb-blobs.ts'
import { DynamoDBClaimStore } from '../state/dynamodb-claims.ts'
import { DynamoDBStateStore } from '../state/dynamodb-store.ts'
import type { ConsumedUnits } from '../state/dynamodb-table.ts'
import type { Clock } from '../time/clock.ts'
import { localEnvironment } from './local-environment.ts'
import type { LocalStreams } from './streams.ts'

/** The state table of local runs. */
export const STATE_TABLE = 'millrace-state'

export interface DynamoDBEnvironmentOptions {
  readonly client: DynamoDB
  /** The local streams that the handlers read. */
  readonly streams?: LocalStreams
  /** @default 'millrace-state' */
  readonly stateTable?: string
  /** Told what each call consumed. @default capacity is not asked for */
  readonly onConsumed?: (units: ConsumedUnits) => void
}

/**
 * Connects handlers of a local run to a DynamoDB, one on this machine say: state, claims and sinks are there;
 * dead letters and totals stay in the embedded store.
 */
export function dynamodbEnvironment(
  database: DatabaseSync,
  clock: Clock,
  { client, streams, stateTable: table = STATE_TABLE, onConsumed }: DynamoDBEnvironmentOptions,
): Environment {
  return {
    ...localEnvironment(database, clock, streams),
    store: new DynamoDBStateStore({ client, table, onConsumed }),
    blobs: new DynamoDBBlobStore({ client, table, onConsumed }),
    claims: new DynamoDBClaimStore({ client, table, onConsumed }),
    openSink: (target: SinkTarget): SinkWriter => new DynamoDBWriter({ client, target, onConsumed }),
  }
}
