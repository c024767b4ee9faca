// A runtime interface client for Node.js: loads a function as Lambda does and asks the Runtime API for work.
// https://docs.aws.amazon.com/lambda/latest/dg/runtimes-api.html
import { existsSync } from 'node:fs'
import http from 'node:http'
import { createRequire, registerHooks } from 'node:module'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'

const { AWS_LAMBDA_RUNTIME_API, LAMBDA_TASK_ROOT, LOCAL_EXECUTOR_SDK, _HANDLER } = process.env
const [host, port] = AWS_LAMBDA_RUNTIME_API.split(':')
const agent = new http.Agent({ keepAlive: true, maxSockets: 1 })

// Lambda's runtime brings the AWS SDK; here it is the project's.
registerHooks({
  resolve: (specifier, context, next) =>
    /^@(aws-sdk|smithy)\//.test(specifier) &&
    context.parentURL?.startsWith(pathToFileURL(LAMBDA_TASK_ROOT).href)
      ? next(specifier, { ...context, parentURL: LOCAL_EXECUTOR_SDK })
      : next(specifier, context),
})

let handler
try {
  handler = await load()
} catch (error) {
  console.error(error)
  await call('POST', 'init/error', JSON.stringify(describe(error)))
  process.exit(1)
}
while (true) await invoke(await next())

async function load() {
  const dot = _HANDLER.indexOf('.', _HANDLER.lastIndexOf('/'))
  const base = join(LAMBDA_TASK_ROOT, _HANDLER.slice(0, dot))
  const file = ['.js', '.mjs', '.cjs']
    .map((extension) => `${base}${extension}`)
    .find((each) => existsSync(each))
  if (!file)
    throw Object.assign(new Error(`Cannot find module '${base}'`), { name: 'Runtime.ImportModuleError' })
  const module = file.endsWith('.mjs')
    ? await import(pathToFileURL(file).href)
    : createRequire(import.meta.url)(file)
  const found = module[_HANDLER.slice(dot + 1)]
  if (typeof found === 'function') return found
  throw Object.assign(new Error(`${_HANDLER} is undefined or not exported`), {
    name: 'Runtime.HandlerNotFound',
  })
}

async function next() {
  try {
    return await call('GET', 'invocation/next')
  } catch {
    process.exit(0) // LocalStack has gone
  }
}

async function invoke({ headers, body }) {
  const id = headers['lambda-runtime-aws-request-id']
  const deadline = Number(headers['lambda-runtime-deadline-ms'])
  const context = {
    awsRequestId: id,
    invokedFunctionArn: headers['lambda-runtime-invoked-function-arn'],
    functionName: process.env.AWS_LAMBDA_FUNCTION_NAME,
    functionVersion: process.env.AWS_LAMBDA_FUNCTION_VERSION,
    memoryLimitInMB: process.env.AWS_LAMBDA_FUNCTION_MEMORY_SIZE,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  }
  try {
    const result = await handler(JSON.parse(body), context)
    await call('POST', `invocation/${id}/response`, JSON.stringify(result ?? null))
  } catch (error) {
    console.error(error)
    await call('POST', `invocation/${id}/error`, JSON.stringify(describe(error)))
  }
}

function describe(error) {
  const { name = 'Error', message = String(error), stack = '' } = error ?? {}
  return { errorType: name, errorMessage: message, trace: stack.split('\n') }
}

function call(method, path, body) {
  return new Promise((resolve, reject) => {
    const data = body === undefined ? undefined : Buffer.from(body)
    const headers = data ? { 'content-type': 'application/json', 'content-length': data.length } : {}
    const options = { host, port, agent, method, path: `/2018-06-01/runtime/${path}`, headers }
    const request = http.request(options, (response) => {
      const chunks = []
      response.on('data', (chunk) => chunks.push(chunk))
      response.on('end', () => resolve({ headers: response.headers, body: Buffer.concat(chunks).toString() }))
    })
    request.on('error', reject)
    request.end(data)
  })
}
