import { parseArgs } from 'node:util'
import { ConfigurationError } from '../../lib/core/errors.ts'
import { type Query, queries } from '../../test/nexmark/queries/index.ts'
import type { DataSet } from './generator/data-sets.ts'

/** What `npm run nexmark` is to do. */
export type Command =
  | { readonly name: 'generate'; readonly set: DataSet; readonly out: string | undefined }
  | {
      readonly name: 'run'
      readonly query: Query
      readonly file: string
      readonly shards: number
      readonly out: string | undefined
    }
  | { readonly name: 'help' }

export const USAGE = `npm run nexmark -- QUERY --events FILE [--shards N] [--out FILE]
  runs a query (${Object.keys(queries).join(', ')}) over events, JSON lines, and writes its rows as sorted JSON lines
npm run nexmark -- generate --events N --rate R [--out-of-order] [--out FILE]
  writes N events, R per second of event time; out of order: shuffled in groups of 200, a tenth up to 4 s too late
Files whose name ends in .gz are compressed; without --out the lines go to the terminal.
`

/** @throws ConfigurationError for what cannot be meant: print its message and exit with code 2 */
export function parseCommand(args: readonly string[]): Command {
  const { values, positionals } = flags(args)
  const { events, rate, shards = '1', out } = values
  const [name = 'help', ...others] = positionals
  if (values.help || name === 'help') return { name: 'help' }
  if (others.length > 0) throw refused(`'${others.join(' ')}' is one word too many after '${name}'`)
  if (name === 'generate') {
    const set = {
      events: whole('--events', events),
      rate: whole('--rate', rate),
      outOfOrder: values['out-of-order'] ?? false,
    }
    return { name, set, out }
  }
  if (!isQuery(name)) throw refused(`there is no query or command '${name}'`)
  if (events === undefined)
    throw refused(`'--events' is missing: the file with the events, .jsonl or .jsonl.gz`)
  return { name: 'run', query: name, file: events, shards: whole('--shards', shards), out }
}

const isQuery = (name: string): name is Query => Object.hasOwn(queries, name)

function whole(option: string, text = ''): number {
  const value = Number(text)
  if (/^\d{1,15}$/.test(text) && value >= 1) return value
  throw refused(`'${option}' is '${text}': expected a whole number, at least 1`)
}

function flags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      allowPositionals: true,
      options: {
        events: { type: 'string' },
        rate: { type: 'string' },
        'out-of-order': { type: 'boolean' },
        shards: { type: 'string' },
        out: { type: 'string' },
        help: { type: 'boolean' },
      },
    })
  } catch (error) {
    throw refused(error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error))
  }
}

const refused = (reason: string): ConfigurationError => new ConfigurationError(`${reason}\n${USAGE}`)
