import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import type { DynamoDB, DynamoDBClientConfig } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { afterAll, beforeAll } from 'vitest'
import { createTable, STATE_TABLE_KEY, type TableKey } from '../../lib/local/dynamodb-tables.ts'
import { openDynamoDB } from '../../lib/state/dynamodb-client.ts'

/** A DynamoDB that speaks the real protocol: DynamoDB Local if `npm run dynamodb-local` started one, else dynalite. */
export interface DynamoDBServer {
  readonly endpoint: string
  /** A client as functions have it. */
  readonly client: DynamoDB
  /** Another one, of its own: a test that breaks it breaks no other. */
  open(config?: DynamoDBClientConfig): Promise<DynamoDB>
  /** Makes a table that no other test uses. @returns its name */
  table(key: TableKey): Promise<string>
  /** A state table. @returns its name */
  stateTable(): Promise<string>
}

const LOCAL: DynamoDBClientConfig = {
  region: 'local',
  credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
}

let tables = 0

/** The server of a test file: ready before its tests, gone after them. */
export function dynamodbServer(): DynamoDBServer {
  const clients: DynamoDB[] = []
  let endpoint = process.env.DYNAMODB_LOCAL_ENDPOINT ?? ''
  let shared: DynamoDB | undefined
  const server = endpoint === '' ? dynalite({ createTableMs: 0, deleteTableMs: 0 }) : undefined

  const open = async (config: DynamoDBClientConfig = {}): Promise<DynamoDB> => {
    const client = await openDynamoDB({ endpoint, ...LOCAL, ...config })
    clients.push(client)
    return client
  }

  beforeAll(async () => {
    if (server !== undefined) {
      server.listen(0, '127.0.0.1')
      await once(server, 'listening')
      endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    }
    shared = await open()
  })
  afterAll(() => {
    for (const client of clients) client.destroy()
    server?.close()
  })

  const get = (): DynamoDB => {
    if (shared === undefined) throw new Error('the DynamoDB server is there once the tests run')
    return shared
  }
  const table = async (key: TableKey): Promise<string> => {
    const name = `t-${process.pid}-${Date.now()}-${tables++}`
    await createTable(get(), name, key)
    return name
  }
  return {
    get endpoint() {
      return endpoint
    },
    get client() {
      return get()
    },
    open,
    table,
    stateTable: () => table(STATE_TABLE_KEY),
  }
}
