import { describe } from 'vitest'
import { DynamoDBClaimStore } from '../../lib/state/dynamodb-claims.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { claimStoreContract } from './claim-store-contract.ts'

const server = dynamodbServer()

describe('A claim store in DynamoDB', () => {
  let table: Promise<string> | undefined
  claimStoreContract(async () => {
    table ??= server.stateTable()
    return new DynamoDBClaimStore({ client: server.client, table: await table })
  })
})
