import { closeSync, openSync, readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MiddlewareObj } from '@middy/core'
import type { KinesisStreamEvent, KinesisStreamRecord } from 'aws-lambda'

/**
 * What a record does to the process that gets its batch, once:
 * - `crash-MS`: the process exits that many ms after the batch began, wherever it is
 * - `hang-MS`: it does nothing any more from then on, until Lambda ends it
 * - `crash-after`: it exits when everything is done, and only the response is missing
 */
export type Misfortune = `crash-${number}` | `hang-${number}` | 'crash-after'

/** Brings upon a function the misfortunes that its records carry. */
export function misfortune(): MiddlewareObj<KinesisStreamEvent> {
  let after = false
  return {
    before: ({ event }) => {
      after = false
      for (const record of event.Records ?? []) {
        const what = misfortuneOf(record)
        if (what === undefined || !isFirst(what, record)) continue
        const [kind, when] = what.split('-')
        if (when === 'after') after = true
        else if (kind === 'crash') setTimeout(() => process.exit(1), Number(when))
        else setTimeout(hang, Number(when))
      }
    },
    after: () => {
      if (after) process.exit(1)
    },
  }
}

function misfortuneOf({ kinesis }: KinesisStreamRecord): Misfortune | undefined {
  const [, what] =
    /"misfortune":"([\w-]+)"/.exec(Buffer.from(kinesis.data, 'base64').toString('latin1')) ?? []
  return what as Misfortune | undefined
}

/** Of all processes of one function, which share a folder for what is temporary. */
function isFirst(what: Misfortune, { kinesis }: KinesisStreamRecord): boolean {
  const name = `misfortune-${process.env.AWS_LAMBDA_FUNCTION_NAME}-${what}-${kinesis.sequenceNumber}`
  try {
    closeSync(openSync(join(tmpdir(), name), 'wx'))
    return true
  } catch {
    return false
  }
}

/** The misfortunes that functions had, by the marks that they have left. */
export const misfortunesIn = (folder: string): string[] =>
  readdirSync(folder).filter((name) => name.startsWith('misfortune-'))

function hang(): never {
  while (true) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)
}
