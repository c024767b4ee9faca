import { describe, expect, test } from 'vitest'
import { ConfigurationError, RetryableError } from '../../lib/core/errors.ts'
import { S3BlobStore } from '../../lib/state/s3-blobs.ts'
import { faultyProxy } from '../support/faulty-proxy.ts'
import { s3Answer, s3Server } from '../support/s3-server.ts'
import { blobStoreContract } from './store-contract.ts'

const server = s3Server()

blobStoreContract('S3BlobStore', async () => ({
  store: new S3BlobStore({ client: server.client, bucket: server.bucket() }),
  close: async () => {},
}))

test('stores with other prefixes share a bucket, and see nothing of each other', async () => {
  const bucket = server.bucket()
  const [one, two] = ['one/', 'two/'].map(
    (prefix) => new S3BlobStore({ client: server.client, bucket, prefix }),
  )
  await one?.put('p/w/a', Buffer.from('1'))
  await two?.put('p/w/b', Buffer.from('2'))
  expect(await one?.list('p/w/')).toEqual(['p/w/a'])
  expect(await two?.get('p/w/a')).toBeUndefined()
  await two?.delete(['p/w/a', 'p/w/b'])
  expect(await one?.list('p/w/')).toEqual(['p/w/a'])
})

describe('S3 that says no', () => {
  /** A store behind a proxy that answers as told. */
  async function behindProxy() {
    const proxy = await faultyProxy(server.endpoint)
    const bucket = server.bucket()
    return { proxy, bucket, store: new S3BlobStore({ client: await server.open(proxy.endpoint), bucket }) }
  }

  test('slowing down, an outage or a lost answer that ends soon is not seen', async () => {
    const { proxy, store } = await behindProxy()
    const faults = [s3Answer('SlowDown', 'slower', 503), 'lost answer' as const]
    proxy.fault((_, n) => faults[n])
    await store.put('p/w/a', Buffer.from('x'))
    expect(await store.list('p/w/')).toEqual(['p/w/a'])
  })

  test('an outage that lasts is an error that a retry can cure', async () => {
    const { proxy, bucket, store } = await behindProxy()
    proxy.fault(() => s3Answer('InternalError', 'we are sorry', 500))
    const error = await store.get('p/w/a').catch((each: unknown) => each)
    expect(error).toBeInstanceOf(RetryableError)
    expect(String(error)).toContain(`S3 bucket '${bucket}' does not answer for now: we are sorry`)
  })

  test('an object that could not be deleted is not taken for deleted', async () => {
    const { proxy, store } = await behindProxy()
    const body =
      '<DeleteResult><Error><Key>p/w/a</Key><Code>InternalError</Code><Message>we are sorry</Message></Error></DeleteResult>'
    proxy.fault(() => ({ status: 200, body }))
    await expect(store.delete(['p/w/a'])).rejects.toThrow("S3 did not delete 'p/w/a'")
    await expect(store.delete(['p/w/a'])).rejects.toBeInstanceOf(RetryableError)
  })

  const refusal = async (store: S3BlobStore): Promise<string> => {
    const error = await store.list('p/w/').catch((each: unknown) => each)
    expect(error).toBeInstanceOf(ConfigurationError)
    return String(error)
  }

  test('a missing bucket is named, with the command that creates it', async () => {
    const store = new S3BlobStore({ client: server.client, bucket: 'nowhere' })
    expect(await refusal(store)).toContain(
      "there is no S3 bucket 'nowhere': create it (aws s3 mb s3://nowhere)",
    )
  })

  test('missing permissions are told with the actions to allow', async () => {
    const { proxy, store } = await behindProxy()
    proxy.fault(() => s3Answer('AccessDenied', 'Access Denied', 403))
    const message = await refusal(store)
    expect(message).toContain('s3:GetObject, s3:PutObject, s3:DeleteObject, s3:ListBucket')
    expect(message).toContain('bucket.grantReadWrite(fn)')
  })

  test('a bucket of another region is told as such', async () => {
    const { proxy, store } = await behindProxy()
    proxy.fault(() => s3Answer('PermanentRedirect', 'use another endpoint', 301))
    expect(await refusal(store)).toContain('is in another region (use another endpoint)')
  })
})
