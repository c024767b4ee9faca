import { KinesisShardAccess } from '../connectors/kinesis/shard-access.ts'
import { ConfigurationError } from '../core/errors.ts'
import type { SinkTarget } from '../core/graph.ts'
import type { SinkWriter } from '../core/sink-writer.ts'
import { DynamoDBBlobStore } from '../state/dynamodb-blobs.ts'
import { DynamoDBClaimStore } from '../state/dynamodb-claims.ts'
import { sharedDynamoDB } from '../state/dynamodb-client.ts'
import { DynamoDBStateStore } from '../state/dynamodb-store.ts'
import { S3BlobStore } from '../state/s3-blobs.ts'
import { sharedS3 } from '../state/s3-client.ts'
import { systemClock } from '../time/clock.ts'
import type { Environment } from './environment.ts'
import { S3DeadLetters } from './s3-dead-letters.ts'

/** Environment variables of a deployed function. */
export type Variables = Readonly<Record<string, string | undefined>>

/**
 * The environment of a deployed function, as its environment variables name it:
 * - `MILLRACE_STATE_TABLE`: the DynamoDB table of the state and of the claims; not asked for without either
 * - `MILLRACE_BLOB_BUCKET`: the S3 bucket of snapshots and of what is too large for an item; without it these
 *   are in the state table
 * - `MILLRACE_DEAD_LETTER_BUCKET`: the S3 bucket of the dead letters
 * - `MILLRACE_CODE_VERSION`: kept in entries and dead letters; without it the version that Lambda gives
 * - `MILLRACE_RESOURCES`: a JSON object from names written in the pipeline to those that streams and tables
 *   have, where these differ
 * @param keepsState whether the pipeline has state or claims
 * @throws ConfigurationError for one that is missing or cannot be read
 */
export async function awsEnvironment(
  pipeline: string,
  keepsState: boolean,
  variables: Variables = process.env,
): Promise<Environment> {
  const table = keepsState
    ? needed(
        'MILLRACE_STATE_TABLE',
        `the name of the DynamoDB table that keeps its state (partition key 'task', sort key 'slot', both strings, time to live on 'expires')`,
      )
    : ''
  const deadLetterBucket = needed(
    'MILLRACE_DEAD_LETTER_BUCKET',
    'the name of the S3 bucket that takes its dead letters',
  )
  const names = resourceNames(pipeline, variables.MILLRACE_RESOURCES)
  const resourceName = (written: string): string => names.get(written) ?? written
  const client = await sharedDynamoDB()
  const { MILLRACE_BLOB_BUCKET: blobBucket, MILLRACE_CODE_VERSION, AWS_LAMBDA_FUNCTION_VERSION } = variables
  return {
    store: new DynamoDBStateStore({ client, table }),
    blobs: blobBucket
      ? new S3BlobStore({ client: await sharedS3(), bucket: blobBucket })
      : new DynamoDBBlobStore({ client, table }),
    claims: new DynamoDBClaimStore({ client, table }),
    deadLetters: new S3DeadLetters({ client: await sharedS3(), bucket: deadLetterBucket }),
    clock: systemClock,
    codeVersion: MILLRACE_CODE_VERSION || AWS_LAMBDA_FUNCTION_VERSION || '$LATEST',
    openSink: (_target: SinkTarget, open: () => Promise<SinkWriter>) => open(),
    resourceName,
    shards: new KinesisShardAccess({ nameOf: resourceName }),
  }

  function needed(name: string, what: string): string {
    const value = variables[name]
    if (value) return value
    throw new ConfigurationError(
      `the environment variable ${name} of the function of pipeline '${pipeline}' is not set: set it to ${what}; millrace's CDK constructs do so`,
      { pipeline, variable: name },
    )
  }
}

function resourceNames(pipeline: string, json: string | undefined): ReadonlyMap<string, string> {
  if (!json) return new Map()
  const names = parsed(json)
  if (typeof names === 'object' && names !== null && !Array.isArray(names)) {
    const entries = Object.entries(names)
    if (entries.every((entry): entry is [string, string] => typeof entry[1] === 'string'))
      return new Map(entries)
  }
  throw new ConfigurationError(
    `the environment variable MILLRACE_RESOURCES of the function of pipeline '${pipeline}' is '${json}': expected a JSON object from names written in the pipeline to names of streams and tables, as in {"flights":"prod-flights"}`,
    { pipeline, variable: 'MILLRACE_RESOURCES' },
  )
}

function parsed(json: string): unknown {
  try {
    return JSON.parse(json)
  } catch {
    return undefined
  }
}
