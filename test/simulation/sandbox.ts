import { AsyncLocalStorage } from 'node:async_hooks'
import type { Context, ScheduledEvent } from 'aws-lambda'
import type { StreamHandler } from '../../lib/runtime/handler.ts'
import type { BatchEvent } from '../../lib/runtime/middlewares/step.ts'

/** A process with the function in it: its memory is the handler's, and gone when it ends. */
export interface SimSandbox {
  readonly id: number
  readonly handler: StreamHandler
  dead: boolean
  /** whether it may end now without making an innocent record a dead letter (protocol R17) */
  mayCrash(): boolean
}

/** How an invocation ended; a crash is an answer that never comes. */
type Answer =
  | { readonly kind: 'done'; readonly firstFailed: string | undefined }
  | { readonly kind: 'failed'; readonly error: unknown }

/** One call of the handler with a batch of a shard, or with the tick that ends it. */
export interface Invocation {
  readonly id: number
  readonly label: string
  readonly sandbox: SimSandbox
  readonly shard: number
  /** indices of the records in their shard; nothing for a tick */
  readonly from: number
  readonly to: number
  /** epoch ms at which its process is ended */
  readonly deadline: number
  answer: Answer | undefined
  /** whether nobody waits for it any more */
  abandoned: boolean
  /** whether it has noted an attempt, and whether it has tried to note its end (protocol R17) */
  attempt: 'none' | 'noted' | 'over'
  /** nonces of entries it could not append, because another's was there */
  readonly refused: Set<string>
  /** versions of entries that were in when it appended them once more, by nonce */
  readonly repeated: Map<string, number>
  pace: 'usual' | 'straggling' | 'hasty'
  /** the larger, the sooner its operations happen, in a run of bursts */
  priority: number
  /** whether nothing may go wrong in its shard for now */
  calm(): boolean
}

const current = new AsyncLocalStorage<Invocation>()

/** The invocation whose code runs right now. */
export function running(): Invocation {
  const invocation = current.getStore()
  if (invocation === undefined) throw new Error('a call to the outside that belongs to no invocation')
  return invocation
}

/** Calls the handler; the answer is found in the invocation. */
export function invoke(invocation: Invocation, event: BatchEvent | ScheduledEvent, now: () => number): void {
  const getRemainingTimeInMillis = () => invocation.deadline - now()
  current.run(invocation, () => {
    invocation.sandbox.handler(event, { getRemainingTimeInMillis } as Context).then(
      ({ batchItemFailures: [first] }) => {
        invocation.answer = { kind: 'done', firstFailed: first?.itemIdentifier }
      },
      (error: unknown) => {
        invocation.answer = { kind: 'failed', error }
      },
    )
  })
}

/** Whether it still runs, or waits for an answer that may come. */
export const isLive = ({ answer, sandbox }: Invocation): boolean => answer === undefined && !sandbox.dead
