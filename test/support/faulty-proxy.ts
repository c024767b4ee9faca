import { once } from 'node:events'
import {
  createServer,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
  type ServerResponse,
} from 'node:http'
import type { AddressInfo } from 'node:net'
import { buffer } from 'node:stream/consumers'
import { onTestFinished } from 'vitest'

/** What becomes of a call instead of its ordinary way. */
export type Fault =
  /** the server does its work, and the connection breaks before the answer is through */
  | 'lost answer'
  /** the connection breaks before the server hears of it */
  | 'lost request'
  /** an answer of the proxy's own */
  | { readonly status: number; readonly body: string }

/** An answer in which DynamoDB says no. */
export const dynamodbAnswer = (name: string, message = 'no', status = 400): Fault => ({
  status,
  body: JSON.stringify({ __type: `com.amazonaws.dynamodb.v20120810#${name}`, message }),
})

/** A call that came by, as DynamoDB names it: `PutItem`. */
interface SeenCall {
  readonly operation: string
  readonly body: string
}

export interface FaultyProxy {
  readonly endpoint: string
  readonly seen: readonly SeenCall[]
  /** Decides on each call from now on. */
  fault(decide: (call: SeenCall, n: number) => Fault | undefined): void
}

/** Stands between a client and a server until the test is over, and breaks calls as told. */
export async function faultyProxy(target: string): Promise<FaultyProxy> {
  const seen: SeenCall[] = []
  let decide: (call: SeenCall, n: number) => Fault | undefined = () => undefined
  let calls = 0
  const proxy = createServer(async (request, response) => {
    const body = await buffer(request)
    const operation = String(request.headers['x-amz-target'] ?? request.method).replace(/^.*\./, '')
    const call = { operation, body: String(body) }
    seen.push(call)
    const fault = decide(call, calls++)
    if (fault === 'lost request') request.socket.destroy()
    else if (typeof fault === 'object') answer(response, fault.status, {}, Buffer.from(fault.body))
    else await forward(target, request, body, fault === undefined ? response : undefined)
  })
  proxy.listen(0, '127.0.0.1')
  await once(proxy, 'listening')
  onTestFinished(() => {
    proxy.close()
    proxy.closeAllConnections()
  })
  return {
    endpoint: `http://127.0.0.1:${(proxy.address() as AddressInfo).port}`,
    seen,
    fault: (next) => {
      calls = 0
      decide = next
    },
  }
}

/** @param response none: its answer gets lost */
async function forward(
  target: string,
  { method = 'GET', url = '/', headers, socket }: IncomingMessage,
  body: Buffer,
  response: ServerResponse | undefined,
): Promise<void> {
  const onward = httpRequest(new URL(url, target), { method, headers, agent: false })
  onward.end(body)
  const [answered] = (await once(onward, 'response')) as [IncomingMessage]
  const answerBody = await buffer(answered)
  if (response === undefined) socket.destroy()
  else answer(response, answered.statusCode ?? 500, answered.headers, answerBody)
}

function answer(response: ServerResponse, status: number, headers: OutgoingHttpHeaders, body: Buffer): void {
  const { 'content-length': _, 'transfer-encoding': __, ...kept } = headers
  response.writeHead(status, { 'content-type': 'application/x-amz-json-1.0', ...kept }).end(body)
}
