import { once } from 'node:events'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import type { S3 } from '@aws-sdk/client-s3'
import { afterAll, beforeAll } from 'vitest'
import { openS3 } from '../../lib/state/s3-client.ts'

// The part of S3's protocol that millrace speaks, on buckets in memory:
// https://docs.aws.amazon.com/AmazonS3/latest/API/API_Operations_Amazon_Simple_Storage_Service.html

const PAGE = 1_000
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'

export interface S3Server {
  readonly endpoint: string
  readonly client: S3
  /** A client that speaks to another endpoint, a proxy say. */
  open(endpoint: string): Promise<S3>
  /** Makes a bucket that no other test uses. @returns its name */
  bucket(): string
}

/** The S3 of a test file: ready before its tests, gone after them. */
export function s3Server(): S3Server {
  const buckets = new Map<string, Map<string, Buffer>>()
  const clients: S3[] = []
  const server = createServer(async (request, response) => {
    const answered = answer(buckets, request, await buffer(request))
    send(response, answered)
  })
  let endpoint = ''
  let shared: S3 | undefined
  const open = async (at: string): Promise<S3> => {
    const client = await openS3({
      endpoint: at,
      region: 'eu-west-1',
      forcePathStyle: true,
      credentials: { accessKeyId: 'local', secretAccessKey: 'local' },
    })
    clients.push(client)
    return client
  }
  beforeAll(async () => {
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    endpoint = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
    shared = await open(endpoint)
  })
  afterAll(() => {
    for (const client of clients) client.destroy()
    server.close()
  })
  return {
    get endpoint() {
      return endpoint
    },
    get client() {
      if (shared === undefined) throw new Error('the S3 server is there once the tests run')
      return shared
    },
    open,
    bucket: () => {
      const name = `bucket-${buckets.size}`
      buckets.set(name, new Map())
      return name
    },
  }
}

interface Answer {
  readonly status: number
  readonly body?: Buffer | string
}

function answer(
  buckets: ReadonlyMap<string, Map<string, Buffer>>,
  { method, url = '/' }: IncomingMessage,
  body: Buffer,
): Answer {
  const { pathname, searchParams } = new URL(url, 'http://s3')
  const [, name = '', ...rest] = pathname.split('/')
  const key = decodeURIComponent(rest.join('/'))
  const bucket = buckets.get(name)
  if (bucket === undefined) return s3Answer('NoSuchBucket', 'The specified bucket does not exist', 404)
  if (method === 'PUT') {
    bucket.set(key, body)
    return { status: 200 }
  }
  if (method === 'HEAD' && key === '') return { status: 200 }
  if (method === 'POST' && searchParams.has('delete')) return deleteObjects(bucket, String(body))
  if (method === 'GET' && key === '') return list(bucket, searchParams)
  const found = bucket.get(key)
  if (method === 'GET' && found !== undefined) return { status: 200, body: found }
  return s3Answer('NoSuchKey', 'The specified key does not exist.', 404)
}

/** An answer in which S3 says no. */
export const s3Answer = (code: string, message: string, status: number) => ({
  status,
  body: `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>${message}</Message></Error>`,
})

function deleteObjects(bucket: Map<string, Buffer>, body: string): Answer {
  const keys = Array.from(body.matchAll(/<Key>(.*?)<\/Key>/g), ([, key = '']) => fromXml(key))
  if (keys.length > PAGE || keys.length === 0) return s3Answer('MalformedXML', 'too many keys, or none', 400)
  for (const key of keys) bucket.delete(key)
  return { status: 200, body: `<DeleteResult ${NAMESPACE}></DeleteResult>` }
}

function list(bucket: ReadonlyMap<string, Buffer>, query: URLSearchParams): Answer {
  const after = query.get('continuation-token') ?? ''
  const keys = [...bucket.keys()]
    .filter((key) => key.startsWith(query.get('prefix') ?? '') && key > after)
    .sort()
  const page = keys.slice(0, PAGE)
  const more = keys.length > PAGE ? `<NextContinuationToken>${page.at(-1)}</NextContinuationToken>` : ''
  const contents = page.map((key) => `<Contents><Key>${toXml(key)}</Key></Contents>`).join('')
  return {
    status: 200,
    body: `<ListBucketResult ${NAMESPACE}><IsTruncated>${more !== ''}</IsTruncated>${more}${contents}</ListBucketResult>`,
  }
}

function send(response: ServerResponse, { status, body = '' }: Answer): void {
  response.writeHead(status, { 'content-type': 'application/xml' }).end(body)
}

const ENTITIES = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' } as const

const toXml = (text: string): string =>
  text.replace(/[&<>"']/g, (each) => ENTITIES[each as keyof typeof ENTITIES])

const fromXml = (text: string): string =>
  Object.entries(ENTITIES).reduceRight((sum, [plain, entity]) => sum.replaceAll(entity, plain), text)
