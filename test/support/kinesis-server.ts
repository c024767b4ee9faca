import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { createRequire } from 'node:module'
import { type AddressInfo, createServer } from 'node:net'
import { dirname } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Kinesis } from '@aws-sdk/client-kinesis'
import { afterAll, beforeAll } from 'vitest'
import { openKinesis } from '../../lib/connectors/kinesis/client.ts'

/** How long it may take until the server answers, on a machine that others use too. */
const SERVER_START_MS = 120_000

/** A Kinesis that speaks the real protocol: Kinesis Mock, in a process of its own. */
export interface KinesisServer {
  readonly client: Kinesis
  /** Makes a stream that no other test uses. @returns its name */
  stream(shards: number): Promise<string>
  /** Waits until a change of its shards is done. */
  active(stream: string): Promise<void>
}

let streams = 0

/** The server of a test file: ready before its tests, gone after them. */
export function kinesisServer(): KinesisServer {
  let server: ChildProcess | undefined
  let client: Kinesis | undefined

  beforeAll(async () => {
    const [plain, tls] = [await freePort(), await freePort()]
    server = spawn(process.execPath, ['main.js'], {
      // It reads files beside it.
      cwd: dirname(createRequire(import.meta.url).resolve('kinesis-local/package.json')),
      env: { ...process.env, ...settings(plain, tls) },
      stdio: 'ignore',
    })
    const endpoint = `http://127.0.0.1:${plain}`
    const credentials = { accessKeyId: 'local', secretAccessKey: 'local' }
    client = await openKinesis({ endpoint, region: 'us-east-1', credentials })
    while (!(await answers(`${endpoint}/healthcheck`))) await sleep(100)
  }, SERVER_START_MS)

  afterAll(() => {
    client?.destroy()
    server?.kill()
  })

  const get = (): Kinesis => {
    if (client === undefined) throw new Error('the Kinesis server is there once the tests run')
    return client
  }
  const active = async (stream: string): Promise<void> => {
    for (;;) {
      const { StreamDescriptionSummary } = await get().describeStreamSummary({ StreamName: stream })
      if (StreamDescriptionSummary?.StreamStatus === 'ACTIVE') return
      await sleep(20)
    }
  }
  return {
    get client() {
      return get()
    },
    async stream(shards) {
      const name = `s-${streams++}`
      await get().createStream({ StreamName: name, ShardCount: shards })
      await active(name)
      return name
    },
    active,
  }
}

const settings = (plain: number, tls: number): Record<string, string> => ({
  KINESIS_MOCK_PLAIN_PORT: String(plain),
  KINESIS_MOCK_TLS_PORT: String(tls),
  SHARD_LIMIT: '1000',
  LOG_LEVEL: 'ERROR',
  CREATE_STREAM_DURATION: '10ms',
  SPLIT_SHARD_DURATION: '10ms',
  MERGE_SHARDS_DURATION: '10ms',
})

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

const answers = (url: string): Promise<boolean> =>
  fetch(url).then(
    ({ ok }) => ok,
    () => false,
  )
