import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync, readFileSync } from 'node:fs'
import { delimiter, join } from 'node:path'
import type { LocalStack } from './localstack.ts'

const BIN = join(import.meta.dirname, '../../node_modules/.bin')

/** The CDK's command line, pointed at LocalStack as `cdklocal` does. */
export class Deployment {
  readonly #localstack: LocalStack
  readonly #folder: string
  readonly #app: readonly string[]

  /** @param app arguments that choose another app than the one of cdk.json */
  constructor(localstack: LocalStack, folder: string, app: readonly string[] = []) {
    this.#localstack = localstack
    this.#folder = folder
    this.#app = app
  }

  bootstrap(): Promise<void> {
    return this.#cdk('bootstrap', [])
  }

  deploy(...context: string[]): Promise<void> {
    return this.#cdk('deploy', ['--require-approval', 'never', ...contextArgs(context)])
  }

  destroy(...context: string[]): Promise<void> {
    return this.#cdk('destroy', ['--force', ...contextArgs(context)])
  }

  async #cdk(command: string, args: readonly string[]): Promise<void> {
    const file = join(this.#folder, `${command}.log`)
    const log = openSync(file, 'a')
    const output = ['--output', join(this.#folder, 'cdk.out')]
    const child = spawn(join(BIN, 'cdklocal'), [command, ...this.#app, ...output, ...args], {
      stdio: ['ignore', log, log],
      env: {
        ...process.env,
        ...this.#localstack.variables,
        PATH: `${BIN}${delimiter}${process.env.PATH}`,
        CDK_DISABLE_CLI_TELEMETRY: 'true',
        // cdklocal warns of endpoints that it did not set itself.
        AWS_ENVAR_ALLOWLIST: 'AWS_REGION,AWS_DEFAULT_REGION,AWS_ACCESS_KEY_ID,AWS_SECRET_ACCESS_KEY',
      },
    })
    const [code] = await once(child, 'exit')
    if (code === 0) return
    const lines = readFileSync(file, 'utf8').trimEnd().split('\n').slice(-30)
    throw new Error(`cdk ${command} ended with exit code ${code}:\n${lines.join('\n')}`)
  }
}

const contextArgs = (context: readonly string[]): string[] => context.flatMap((each) => ['--context', each])
