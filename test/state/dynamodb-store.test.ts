import { DynamoDBStateStore } from '../../lib/state/dynamodb-store.ts'
import { dynamodbServer } from '../support/dynamodb-server.ts'
import { stateStoreContract } from './store-contract.ts'

const server = dynamodbServer()

stateStoreContract('DynamoDBStateStore', async () => {
  const table = await server.stateTable()
  return {
    store: new DynamoDBStateStore({ client: server.client, table }),
    again: async () => new DynamoDBStateStore({ client: await server.open(), table }),
    close: async () => {},
  }
})
