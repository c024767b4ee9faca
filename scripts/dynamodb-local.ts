// Runs DynamoDB Local (Amazon's own, a Java program) on a free port: until Ctrl-C, or as long as the command
// that is given runs, as in `npm run dynamodb-local -- npm start`. The command finds it under
// DYNAMODB_LOCAL_ENDPOINT. Its jars come from Maven Central, once.
import { spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'

const VERSION = '2.6.1'
const FOLDER = join(import.meta.dirname, '..', 'node_modules', '.cache', `dynamodb-local-${VERSION}`)
const READY_WITHIN_MS = 60_000

const POM = `<project>
  <modelVersion>4.0.0</modelVersion>
  <groupId>millrace</groupId><artifactId>dynamodb-local</artifactId><version>1</version>
  <dependencies>
    <dependency>
      <groupId>com.amazonaws</groupId><artifactId>DynamoDBLocal</artifactId><version>${VERSION}</version>
    </dependency>
  </dependencies>
</project>
`

/** Fetches the jars, if they are not there: whole or not at all. */
function install(): void {
  if (existsSync(FOLDER)) return
  const partial = `${FOLDER}.${process.pid}`
  mkdirSync(partial, { recursive: true })
  try {
    writeFileSync(join(partial, 'pom.xml'), POM)
    const { status, error } = spawnSync(
      'mvn',
      ['-q', '-B', 'dependency:copy-dependencies', '-DincludeScope=runtime', '-DoutputDirectory=lib'],
      { cwd: partial, stdio: ['ignore', 'inherit', 'inherit'] },
    )
    if (error) throw new Error(`Maven did not start (${error.message}): install it, with Java 17 or newer`)
    if (status !== 0) throw new Error('Maven could not fetch DynamoDB Local: see its messages above')
    // Another one may have been faster.
    if (!existsSync(FOLDER)) renameSync(partial, FOLDER)
  } finally {
    rmSync(partial, { recursive: true, force: true })
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port is free')
  return address.port
}

async function serve() {
  install()
  const port = await freePort()
  const server = spawn(
    'java',
    [
      `-Djava.library.path=${join(FOLDER, 'lib')}`,
      '-cp',
      `${join(FOLDER, 'lib')}/*`,
      'com.amazonaws.services.dynamodbv2.local.main.ServerRunner',
      ...['-inMemory', '-sharedDb', '-disableTelemetry', '-port', String(port)],
    ],
    { stdio: ['ignore', 'ignore', 'inherit'] },
  )
  process.on('exit', () => server.kill())
  const endpoint = `http://127.0.0.1:${port}`
  const giveUpAt = Date.now() + READY_WITHIN_MS
  while (!(await answers(endpoint))) {
    if (server.exitCode !== null) throw new Error(`DynamoDB Local ended with exit code ${server.exitCode}`)
    if (Date.now() > giveUpAt) throw new Error(`DynamoDB Local did not answer within ${READY_WITHIN_MS} ms`)
    await new Promise((resolve) => setTimeout(resolve, 100))
  }
  return { endpoint, server }
}

/** Any answer will do: one without a signature is refused. */
const answers = (endpoint: string): Promise<boolean> =>
  fetch(endpoint).then(
    () => true,
    () => false,
  )

const { endpoint, server } = await serve()
const [command, ...args] = process.argv.slice(2)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => server.kill())
if (command === undefined) {
  console.log(`DynamoDB Local is at ${endpoint}; Ctrl-C ends it and forgets its tables`)
  await once(server, 'exit')
} else {
  const env = { ...process.env, DYNAMODB_LOCAL_ENDPOINT: endpoint }
  const [code] = await once(spawn(command, args, { stdio: 'inherit', env }), 'exit')
  process.exitCode = code ?? 1
  server.kill()
}
