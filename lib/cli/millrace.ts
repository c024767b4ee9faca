#!/usr/bin/env node
import { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { parseArgs } from 'node:util'
import { ConfigurationError, MillraceError } from '../core/errors.ts'
import { deadLetters } from './dead-letters.ts'
import { explain } from './explain.ts'
import { items } from './items.ts'
import { late } from './late.ts'

const USAGE = `millrace: explains functions, and looks into the embedded store of local runs

  millrace explain FILE            what a function is made of: stages, exchanges, keys, state and windows
    --mermaid                      as a Mermaid flowchart

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
    options: {
      data: { type: 'string', default: '.millrace' },
      mermaid: { type: 'boolean', default: false },
      help: { type: 'boolean', short: 'h' },
    },
  })
  const [name, ...args] = positionals
  if (values.help || name === undefined) {
    process.stdout.write(`${USAGE}\n`)
    return
  }
  const lines = await linesOf(name, args, values)
  await pipeline(Readable.from(blocks(lines)), process.stdout)
}

async function linesOf(
  name: string,
  args: readonly string[],
  { data, mermaid }: { readonly data: string; readonly mermaid: boolean },
): Promise<Iterable<string>> {
  if (name === 'explain') return explain(args, mermaid)
  const command = commands[name]
  if (command !== undefined) return command(data, args)
  const known = [...Object.keys(commands), 'explain'].join(', ')
  throw new ConfigurationError(`no command '${name}': expected one of ${known}`)
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
