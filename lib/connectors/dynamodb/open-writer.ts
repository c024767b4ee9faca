import type { DynamoDBTarget } from '../../core/graph.ts'
import { sharedDynamoDB } from '../../state/dynamodb-client.ts'
import { DynamoDBWriter } from './writer.ts'

/** The writer of a sink in AWS. */
export const openWriter = async (target: DynamoDBTarget): Promise<DynamoDBWriter> =>
  new DynamoDBWriter({ client: await sharedDynamoDB(), target })
