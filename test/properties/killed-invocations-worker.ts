import type { Context, KinesisStreamEvent } from 'aws-lambda'
import { lambda } from '../../lib/runtime/handler.ts'
import { code } from './killed-invocations-pipeline.ts'

// A process that takes invocations as Lambda's does, until it is killed: it connects itself.

const handler = lambda(code)

process.on('message', async (event: KinesisStreamEvent) => {
  const context = { getRemainingTimeInMillis: () => 60_000 } as Context
  const answer = await handler(event, context).then(
    ({ batchItemFailures: [first] }) => ({ failedAt: first?.itemIdentifier }),
    (error: unknown) => ({ error: String(error) }),
  )
  process.send?.(answer)
})
process.send?.('ready')
