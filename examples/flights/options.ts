import { parseArgs } from 'node:util'
import { ConfigurationError } from '../../lib/core/errors.ts'
import type { RunStore } from './run-settings.ts'

/** What the flags of `npm start` ask for. */
export interface StartOptions {
  /** Pause after that many flights; `Infinity`: run to the end. */
  readonly limit: number
  /** Event seconds a second; `Infinity`: as fast as it goes. */
  readonly speed: number
  /** Forget the last run and start anew. */
  readonly fresh: boolean
  /** Share of the flights that a bad record follows; undefined: not given, so as the run has it, or 0. */
  readonly bad: number | undefined
  /** Run the functions as for Lambda: bundled, in threads of their own. */
  readonly bundle: boolean
  /** Where state and tables are. */
  readonly store: RunStore
  /** Of the DynamoDB, if they are there. */
  readonly endpoint: string | undefined
  readonly help: boolean
}

/** What `npm start -- --help` prints. */
export const USAGE = `npm start -- [options]
  --limit N   pause after the first N flights (of 3,000,000) and close nothing; start again to go on
  --speed S   S seconds of the flights' time a second, 3600 for an hour; default: as fast as it goes
  --bad P     mix in bad records: one after a share P of the flights, 0 to 0.5; kept with the run
  --fresh     forget the last run and start anew
  --bundle    run the functions as Lambda would: bundled by esbuild, events as JSON
  --store S   where state and tables are: embedded (default), or dynamodb, at the endpoint given
  --endpoint URL   a DynamoDB, on this machine say: npm run dynamodb-local
  --help      show this
`

const LARGEST_BAD = 0.5

/**
 * Reads the flags of `npm start`.
 * @throws ConfigurationError for what cannot be meant: print its message and exit with code 2
 */
export function parseOptions(args: readonly string[]): StartOptions {
  const { limit, speed, bad, fresh = false, bundle = false, help = false, store, endpoint } = flags(args)
  return {
    limit: limit === undefined ? Number.POSITIVE_INFINITY : wholeNumber(limit),
    speed: speed === undefined ? Number.POSITIVE_INFINITY : positive(speed),
    bad: bad === undefined ? undefined : share(bad),
    fresh,
    bundle,
    ...storeOption(store, endpoint, bundle),
    help,
  }
}

function storeOption(store = 'embedded', endpoint: string | undefined, bundle: boolean) {
  if (store !== 'embedded' && store !== 'dynamodb') {
    throw refused(
      '--store',
      store,
      'embedded or dynamodb',
      '--store dynamodb --endpoint http://127.0.0.1:8000',
    )
  }
  const isUrl = endpoint !== undefined && URL.canParse(endpoint)
  if (store === 'dynamodb' ? !isUrl : endpoint !== undefined) {
    throw refused(
      '--endpoint',
      endpoint ?? '',
      `the URL of a DynamoDB with --store dynamodb, and none without`,
      '--store dynamodb --endpoint http://127.0.0.1:8000',
    )
  }
  if (store === 'dynamodb' && bundle) {
    throw new ConfigurationError(
      `'--bundle' runs functions with the embedded store only: leave it away, or '--store dynamodb'`,
      { store, bundle },
    )
  }
  return { store, endpoint } as const
}

function flags(args: readonly string[]) {
  try {
    return parseArgs({
      args: [...args],
      options: {
        limit: { type: 'string' },
        speed: { type: 'string' },
        bad: { type: 'string' },
        fresh: { type: 'boolean' },
        bundle: { type: 'boolean' },
        help: { type: 'boolean' },
        store: { type: 'string' },
        endpoint: { type: 'string' },
      },
    }).values
  } catch (error) {
    const reason = error instanceof Error ? error.message.replaceAll('\n', ' ') : String(error)
    throw new ConfigurationError(`${reason}\n${USAGE}`, { args }, { cause: error })
  }
}

function wholeNumber(text: string): number {
  const value = decimal(text)
  if (Number.isSafeInteger(value) && value >= 1) return value
  throw refused('--limit', text, 'a whole number of flights, at least 1', '--limit 200000')
}

function positive(text: string): number {
  const value = decimal(text)
  if (value > 0 && Number.isFinite(value)) return value
  throw refused('--speed', text, 'event seconds a second, more than 0', '--speed 3600')
}

function share(text: string): number {
  const value = decimal(text)
  if (value >= 0 && value <= LARGEST_BAD) return value
  throw refused('--bad', text, `a share from 0 to ${LARGEST_BAD}`, '--bad 0.001')
}

/** NaN for anything but plain digits: `Number` also takes '', '0x10' and '1e3'. */
const decimal = (text: string): number => (/^\d*\.?\d+$/.test(text) ? Number(text) : Number.NaN)

const refused = (option: string, given: string, expected: string, example: string): ConfigurationError =>
  new ConfigurationError(`'${option}' is '${given}', expected ${expected}: write for example ${example}`, {
    option,
    given,
  })
