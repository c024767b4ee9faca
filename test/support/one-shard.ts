import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { afterAll, beforeAll } from 'vitest'

const LISTED = {
  Shards: [
    {
      ShardId: 'shardId-000000000000',
      HashKeyRange: { StartingHashKey: '0', EndingHashKey: String(2n ** 128n - 1n) },
      SequenceNumberRange: { StartingSequenceNumber: '1' },
    },
  ],
}

/** By the name of the call. */
const ANSWERS: Readonly<Record<string, (request: { Records?: unknown[] }) => object>> = {
  ListShards: () => LISTED,
  GetShardIterator: () => ({ ShardIterator: 'iterator' }),
  GetRecords: () => ({ Records: [], NextShardIterator: 'iterator', MillisBehindLatest: 0 }),
  PutRecords: ({ Records = [] }) => ({
    FailedRecordCount: 0,
    Records: Records.map((_, index) => ({
      ShardId: 'shardId-000000000000',
      SequenceNumber: String(index + 1),
    })),
  }),
}

/** A Kinesis with one silent shard in every stream, which forgets what is put: there while the file's tests run. */
export function oneShard(): { readonly endpoint: string } {
  let endpoint = ''
  const server = createServer(async (request, response) => {
    const [, call = ''] = String(request.headers['x-amz-target']).split('.')
    const body = JSON.parse(await text(request))
    response.writeHead(200, { 'content-type': 'application/x-amz-json-1.1' })
    response.end(JSON.stringify(ANSWERS[call]?.(body)))
  })
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening')
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  })
  afterAll(() => {
    server.close()
    server.closeAllConnections()
  })
  return {
    get endpoint() {
      return endpoint
    },
  }
}
