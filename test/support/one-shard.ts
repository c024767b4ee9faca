import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
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

/** A Kinesis that tells of one shard in every stream, and of nothing else: there while the file's tests run. */
export function oneShard(): { readonly endpoint: string } {
  let endpoint = ''
  const server = createServer((request, response) => {
    const isList = String(request.headers['x-amz-target']).endsWith('.ListShards')
    request.resume().once('end', () => {
      response.writeHead(isList ? 200 : 400, { 'content-type': 'application/x-amz-json-1.1' })
      response.end(JSON.stringify(isList ? LISTED : { __type: 'InvalidArgumentException' }))
    })
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
