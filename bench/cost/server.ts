import { once } from 'node:events'
import type { DynamoDB } from '@aws-sdk/client-dynamodb'
import dynalite from 'dynalite'
import { openDynamoDB } from '../../lib/state/dynamodb-client.ts'

interface OpenServer {
  readonly name: string
  readonly client: DynamoDB
  close(): void
}

/** DynamoDB Local if `npm run dynamodb-local` started one, else dynalite. */
export async function openServer(): Promise<OpenServer> {
  const given = process.env.DYNAMODB_LOCAL_ENDPOINT
  if (given !== undefined) {
    const client = await clientOf(given)
    return { name: 'DynamoDB Local', client, close: () => client.destroy() }
  }
  const server = dynalite({ createTableMs: 0, deleteTableMs: 0 })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const address = server.address()
  const port = typeof address === 'object' ? address?.port : undefined
  const client = await clientOf(`http://127.0.0.1:${port}`)
  return {
    name: 'dynalite',
    client,
    close: () => {
      client.destroy()
      server.close()
    },
  }
}

const clientOf = (endpoint: string): Promise<DynamoDB> =>
  openDynamoDB({
    endpoint,
    region: 'local',
    // A busy machine is no outage.
    requestHandler: { requestTimeout: 60_000 },
    credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
  })
