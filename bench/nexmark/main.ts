import { MillraceError } from '../../lib/core/errors.ts'
import { linesOf } from './generator/data-sets.ts'
import { readLines, writeLines } from './lines.ts'
import { type Command, parseCommand, USAGE } from './options.ts'
import { runQuery } from './run.ts'

async function execute(command: Command): Promise<void> {
  if (command.name === 'help') console.log(USAGE)
  else if (command.name === 'generate') await writeLines(linesOf(command.set), command.out)
  else await writeLines(await runQuery(command.query, readLines(command.file), command.shards), command.out)
}

try {
  await execute(parseCommand(process.argv.slice(2)))
} catch (error) {
  if (!(error instanceof MillraceError) && !isFileError(error)) throw error
  console.error(error.message)
  process.exitCode = 2
}

/** A file that is not there, or cannot be written. */
function isFileError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'path' in error && 'syscall' in error
}
