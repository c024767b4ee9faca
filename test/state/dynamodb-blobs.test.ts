import { DynamoDBBlobStore } from '../../lib/state/dynamodb-blobs.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { blobStoreContract } from './store-contract.ts'

const server = dynamodbServer()

const open = async () => {
  const table = await server.stateTable()
  return { store: new DynamoDBBlobStore({ client: server.client, table }), close: async () => {} }
}

blobStoreContract('DynamoDBBlobStore', open, 60)
