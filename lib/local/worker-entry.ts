import { parentPort, workerData } from 'node:worker_threads'
import { type Handler, lambdaContext } from './lambda-context.ts'
import type { WorkerAnswer, WorkerRequest, WorkerStart } from './worker-messages.ts'

// The thread of a WorkerSandbox: loads the bundle, then answers one event after the other.

const start: WorkerStart = workerData
process.setSourceMapsEnabled(true)

async function load(): Promise<Handler> {
  const bundle: Record<string, unknown> = await import(start.bundle)
  const handler = bundle[start.handlerExport]
  if (typeof handler !== 'function') {
    throw new Error(
      `The bundle of ${start.functionName} has no function "${start.handlerExport}": write ` +
        `\`export const ${start.handlerExport} = lambda(pipeline(...))\`.`,
    )
  }
  if (start.setup !== undefined) {
    const module: Record<string, unknown> = await import(start.setup.module)
    if (typeof module.setup !== 'function') {
      throw new Error(`The setup module ${start.setup.module} has no export "setup(handler, data)".`)
    }
    await module.setup(handler, start.setup.data)
  }
  return handler as Handler
}

function failure(kind: 'load' | 'handler', error: unknown): WorkerAnswer {
  if (error instanceof Error) {
    return { kind, errorType: error.name, errorMessage: error.message, trace: error.stack }
  }
  return { kind, errorType: typeof error, errorMessage: String(error), trace: undefined }
}

const loading = load()
// Reported by the first invocation; until then it is no unhandled rejection.
loading.catch(() => {})

async function answer({ event }: WorkerRequest): Promise<WorkerAnswer> {
  let handler: Handler
  try {
    handler = await loading
  } catch (error) {
    return failure('load', error)
  }
  try {
    const context = lambdaContext(start.functionName, start.timeout, Date.now)
    const json: string | undefined = JSON.stringify(await handler(JSON.parse(event) as never, context))
    return { kind: 'answer', json }
  } catch (error) {
    return failure('handler', error)
  }
}

parentPort?.on('message', async (request: WorkerRequest) => {
  parentPort?.postMessage(await answer(request))
})
