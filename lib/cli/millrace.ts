#!/usr/bin/env node
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ConfigurationError, MillraceError } from '../core/errors.ts'
import { deadLetters } from './dead-letters.ts'
import { items } from './items.ts'
import { late } from './late.ts'

const USAGE = `millrace: looks into the embedded store of local runs

  millrace items TABLE             the items of a local table, by key, as JSON lines
  millrace late PIPELINE           what came too late, as JSON lines
  millrace dead-letters [PIPELINE] what could not be processed, as JSON lines

  --data FOLDER                    where the store is (default: .millrace)`

const commands: Readonly<Record<string, (folder: string, args: readonly string[]) => Iterable<string>>> = {
  items,
  late,
  'dead-letters': deadLetters,
}

async function main(): Promise<void> {
  const { values, positionals } = parseArgs({
    allowPositionals: true,
    options: { data: { type: 'string', default: '.millrace' }, help: { type: 'boolean', short: 'h' } },
  })
  const [name, ...args] = positionals
  if (values.help || name === undefined) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const command = commands[name]
  if (command === undefined) {
    throw new ConfigurationError(`no command '${name}': expected one of ${Object.keys(commands).join(', ')}`)
  }
  await pipeline(Readable.from(blocks(command(values.data, args))), process.stdout)
}

/** Lines as text, in blocks. */
function* blocks(lines: Iterable<string>): Generator<string> {
  let block = ''
  for (const line of lines) {
    block += `${line}\n`
    if (block.length < 65_536) continue
    yield block
    block = ''
  }
  yield block
}

try {
  await main()
} catch (error) {
  // A reader that has seen enough, `head` say, closes the pipe: no error.
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0)
  const known =
    error instanceof MillraceError || (error as { code?: string }).code?.startsWith('ERR_PARSE_ARGS')
  process.stderr.write(`millrace: ${known ? (error as Error).message : (error as Error).stack}\n`)
  process.exitCode = 2
}
