import { type ChildProcess, execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, openSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { homedir } from 'node:os'
import { delimiter, join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { pathToFileURL } from 'node:url'

// LocalStack 2026.3 from PyPI, without Docker and without a token: Lambda functions are Node.js processes.

const HERE = join(import.meta.dirname, 'localstack')
const BIN = join(import.meta.dirname, '../../node_modules/.bin')
/** What it is installed by: it is installed anew when one of them changes. */
const RECIPE = ['install.sh', 'requirements.lock', 'plugin/node_executor.py']

/** Where it is installed, once for all checkouts of one version. */
const FOLDER = join(
  process.env.MILLRACE_CACHE ?? join(homedir(), '.cache', 'millrace'),
  'localstack-2026.3.0',
)

const READY_WITHIN_MS = 120_000

/** What is missing to run it here, in words; undefined if nothing is. */
export function missing(): string | undefined {
  if (python() === undefined) return 'Python 3.13 (on PATH, or LOCALSTACK_PYTHON with the path of one)'
  if (javaVersion() < 17) return 'Java 17 or newer'
  return ['mvn', 'javac'].find((command) => output(command, ['-version']) === undefined)
}

/** Installs it, unless that has been done. */
export function install(): void {
  const recipe = RECIPE.map((name) => readFileSync(join(HERE, name), 'utf8')).join('\n')
  const mark = join(FOLDER, 'installed')
  if (existsSync(mark) && readFileSync(mark, 'utf8') === recipe) return
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  execFileSync(join(HERE, 'install.sh'), [FOLDER, python() ?? ''], { stdio: 'inherit' })
  writeFileSync(mark, recipe)
}

/** A running LocalStack on a port of its own. */
export class LocalStack implements AsyncDisposable {
  readonly endpoint: string
  /** The folder for temporary files of LocalStack and of functions. */
  readonly temporary: string
  readonly #process: ChildProcess

  private constructor(process: ChildProcess, port: number, temporary: string) {
    this.#process = process
    this.temporary = temporary
    this.endpoint = `http://127.0.0.1:${port}`
  }

  /** @param folder for its log and what it keeps, as long as it runs */
  static async start(folder: string, port?: number): Promise<LocalStack> {
    const chosen = port ?? (await freePort())
    const temp = join(folder, 'tmp')
    mkdirSync(temp, { recursive: true })
    const log = openSync(join(folder, 'localstack.log'), 'w')
    const child = spawn(join(FOLDER, 'venv/bin/python'), ['-m', 'localstack.runtime.main'], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        // Functions run the Node.js of the project.
        PATH: `${BIN}${delimiter}${process.env.PATH}`,
        TMPDIR: temp,
        FILESYSTEM_ROOT: join(FOLDER, 'root'),
        // A /.dockerenv on the machine otherwise makes it use /var/lib/localstack.
        OVERRIDE_IN_DOCKER: '0',
        GATEWAY_LISTEN: `127.0.0.1:${chosen}`,
        LOCALSTACK_HOST: `localhost:${chosen}`,
        DNS_ADDRESS: '0',
        SKIP_SSL_CERT_DOWNLOAD: '1',
        DISABLE_EVENTS: '1',
        LS_LOG: 'warning',
        DYNAMODB_IN_MEMORY: '1',
        KINESIS_PERSISTENCE: '0',
        KINESIS_LATENCY: '0',
        LAMBDA_EVENT_SOURCE_MAPPING_POLL_INTERVAL_SEC: '0.05',
        // Dashboards.
        CFN_IGNORE_UNSUPPORTED_RESOURCE_TYPES: '1',
        LAMBDA_RUNTIME_EXECUTOR: 'local',
        LOCAL_EXECUTOR_BOOTSTRAP: join(HERE, 'bootstrap.mjs'),
        LOCAL_EXECUTOR_SDK: pathToFileURL(join(BIN, '../x')).href,
      },
    })
    process.once('exit', () => child.kill('SIGTERM'))
    const localstack = new LocalStack(child, chosen, temp)
    await localstack.#ready(folder)
    return localstack
  }

  /** What programs need in their environment to talk to it. */
  get variables(): Record<string, string> {
    return {
      AWS_ACCESS_KEY_ID: 'test',
      AWS_SECRET_ACCESS_KEY: 'test',
      AWS_REGION: 'eu-west-1',
      AWS_DEFAULT_REGION: 'eu-west-1',
      AWS_ENDPOINT_URL: this.endpoint,
      AWS_ENDPOINT_URL_S3: this.endpoint,
    }
  }

  /** By SIGTERM: after SIGKILL the JVM of DynamoDB Local would stay behind. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode !== null) return
    const gone = once(this.#process, 'exit')
    this.#process.kill('SIGTERM')
    await gone
  }

  async #ready(folder: string): Promise<void> {
    const deadline = Date.now() + READY_WITHIN_MS
    while (Date.now() < deadline && this.#process.exitCode === null) {
      try {
        const { ok } = await fetch(`${this.endpoint}/_localstack/health`)
        if (ok) return
      } catch {
        // Not listening yet.
      }
      await sleep(250)
    }
    await this[Symbol.asyncDispose]()
    throw new Error(`LocalStack did not get ready: see ${join(folder, 'localstack.log')}`)
  }
}

function python(): string | undefined {
  const versions = join(homedir(), '.pyenv/versions')
  const pyenv = existsSync(versions)
    ? readdirSync(versions).map((name) => join(versions, name, 'bin/python'))
    : []
  const given = process.env.LOCALSTACK_PYTHON
  const candidates = given ? [given] : ['python3.13', 'python3', ...pyenv.toSorted()]
  return candidates.find((each) => output(each, ['--version'])?.startsWith('Python 3.13.'))
}

function javaVersion(): number {
  const [, major] = /^(?:openjdk|java) (\d+)/.exec(output('java', ['--version']) ?? '') ?? []
  return Number(major ?? 0)
}

function output(command: string, args: string[]): string | undefined {
  try {
    return execFileSync(command, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] })
  } catch {
    return undefined
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new Error('no port')
  return address.port
}
