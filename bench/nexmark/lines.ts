import { createReadStream, createWriteStream } from 'node:fs'
import { createInterface } from 'node:readline'
import { PassThrough, Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { createGunzip, createGzip } from 'node:zlib'

const LINES_A_WRITE = 1_000

/** The lines of a file, unzipped if its name ends in `.gz`. */
export async function* readLines(file: string): AsyncGenerator<string> {
  const bytes = createReadStream(file)
  const input = file.endsWith('.gz') ? createGunzip() : new PassThrough()
  // A file that cannot be read ends the lines with its error.
  bytes.on('error', (error) => input.destroy(error))
  yield* createInterface({ input: bytes.pipe(input), crlfDelay: Number.POSITIVE_INFINITY })
}

/** Writes lines to a file, zipped if its name ends in `.gz`; without one to the terminal. */
export async function writeLines(lines: Iterable<string>, file: string | undefined): Promise<void> {
  const text = Readable.from(blocks(lines))
  if (file === undefined) await pipeline(text, process.stdout, { end: false })
  else if (file.endsWith('.gz')) await pipeline(text, createGzip(), createWriteStream(file))
  else await pipeline(text, createWriteStream(file))
}

function* blocks(lines: Iterable<string>): Generator<string> {
  let block: string[] = []
  for (const line of lines) {
    block.push(line, '\n')
    if (block.length < 2 * LINES_A_WRITE) continue
    yield block.join('')
    block = []
  }
  yield block.join('')
}
