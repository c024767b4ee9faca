import { pathToFileURL } from 'node:url'
import { Worker } from 'node:worker_threads'
import { type Clock, systemClock } from '../time/clock.ts'
import { InvocationError } from './invocation-error.ts'
import { DEFAULT_TIMEOUT_MS } from './lambda-context.ts'
import type { Sandbox } from './sandbox.ts'
import type { WorkerAnswer, WorkerRequest, WorkerSetup, WorkerStart } from './worker-messages.ts'

/** What a worker sandbox runs. */
export interface WorkerSettings {
  readonly functionName: string
  /** Path of the bundle: an ES module, as `bundleFunction` makes it. */
  readonly bundle: string
  /** The export that is the handler: `handler`. */
  readonly handlerExport?: string
  /** Milliseconds from the event to the kill. One minute. */
  readonly timeout?: number
  /** Connects the handler to stores, in the worker, before the first event. */
  readonly setup?: WorkerSetup
  /** Added to the environment variables of this process. */
  readonly environment?: Readonly<Record<string, string>>
  readonly clock?: Clock
}

/** Waits for the answer of the worker, or for its end. */
interface Invocation {
  answered(answer: WorkerAnswer): void
  ended(error: InvocationError): void
}

/**
 * Bundle mode: the bundled function in a thread of its own. Events and answers are JSON text, as in Lambda,
 * and one event is in the thread at a time; others wait. A timeout kills the thread. After that, or after a
 * crash or a failed load, the next event starts a new one.
 */
export class WorkerSandbox implements Sandbox {
  readonly #settings: WorkerSettings
  #worker: Worker | undefined
  #invocation: Invocation | undefined
  #queue: Promise<unknown> = Promise.resolve()
  #stopped = false

  constructor(settings: WorkerSettings) {
    this.#settings = settings
  }

  invoke(event: object): Promise<unknown> {
    const json = JSON.stringify(event)
    const invocation = this.#queue.then(() => this.#invoke(json))
    this.#queue = invocation.catch(() => {})
    return invocation
  }

  async stop(): Promise<void> {
    this.#stopped = true
    const message = `The sandbox of ${this.#settings.functionName} was stopped.`
    await this.#kill(new InvocationError('stopped', message))
  }

  async #invoke(event: string): Promise<unknown> {
    const { functionName, timeout = DEFAULT_TIMEOUT_MS, clock = systemClock } = this.#settings
    if (this.#stopped) throw new InvocationError('stopped', `The sandbox of ${functionName} was stopped.`)
    this.#worker ??= this.#start()
    const timer = new AbortController()
    const answer = this.#answer(event)
    void clock.sleep(timeout, timer.signal).then(() => {
      if (timer.signal.aborted) return
      const message = `${functionName}: task timed out after ${(timeout / 1_000).toFixed(2)} seconds`
      return this.#kill(new InvocationError('timeout', message))
    })
    try {
      return toResult(await answer)
    } catch (error) {
      // As in Lambda, a function that could not be loaded is loaded anew next time.
      if (error instanceof InvocationError && error.failure === 'load') await this.#kill(error)
      throw error
    } finally {
      timer.abort()
    }
  }

  #answer(event: string): Promise<WorkerAnswer> {
    const { promise, resolve, reject } = Promise.withResolvers<WorkerAnswer>()
    this.#invocation = { answered: resolve, ended: reject }
    const request: WorkerRequest = { event }
    this.#worker?.postMessage(request)
    return promise
  }

  #start(): Worker {
    const { functionName, bundle, handlerExport = 'handler', environment } = this.#settings
    const workerData: WorkerStart = {
      functionName,
      bundle: pathToFileURL(bundle).href,
      handlerExport,
      timeout: this.#settings.timeout ?? DEFAULT_TIMEOUT_MS,
      setup: this.#settings.setup,
    }
    const env = { ...process.env, AWS_LAMBDA_FUNCTION_NAME: functionName, ...environment }
    const worker = new Worker(entry(), { workerData, env })
    let crash: unknown
    worker.on('message', (answer: WorkerAnswer) => this.#invocation?.answered(answer))
    worker.on('error', (error) => {
      crash = error
    })
    worker.on('exit', (code) => {
      if (this.#worker !== worker) return
      this.#worker = undefined
      const name = crash instanceof Error ? crash.name : 'Runtime.ExitError'
      const reason = crash === undefined ? `exited with code ${code}` : `crashed: ${crash}`
      const trace = crash instanceof Error ? crash.stack : undefined
      this.#invocation?.ended(
        new InvocationError('exit', `The process of ${functionName} ${reason}`, { name, trace }),
      )
    })
    return worker
  }

  /** Ends the worker first, so that nothing of the invocation runs on once its caller knows. */
  async #kill(error: InvocationError): Promise<void> {
    const worker = this.#worker
    this.#worker = undefined
    await worker?.terminate()
    this.#invocation?.ended(error)
  }
}

function toResult(answer: WorkerAnswer): unknown {
  if (answer.kind === 'answer') return answer.json === undefined ? null : JSON.parse(answer.json)
  const { kind, errorType, errorMessage, trace } = answer
  throw new InvocationError(kind, errorMessage, { name: errorType, trace })
}

/** The entry module beside this one: `.ts` in the sources, `.js` in the package. */
const entry = (): URL => new URL(import.meta.url.replace(/worker-sandbox(?=\.[jt]s$)/, 'worker-entry'))
