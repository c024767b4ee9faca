import { ConfigurationError } from '../../lib/core/errors.ts'
import { parseOptions, USAGE } from './options.ts'
import { runFlights } from './run.ts'

const FOLDER = '.millrace'

/** The main job: `npm start`. */
async function main(): Promise<void> {
  const options = parseOptions(process.argv.slice(2))
  if (options.help) {
    process.stdout.write(USAGE)
    return
  }
  const stop = new AbortController()
  process.once('SIGINT', () => {
    stop.abort()
    // Whoever presses it twice does not want to wait.
    process.once('SIGINT', () => process.exit(130))
  })
  process.once('SIGTERM', () => stop.abort())
  const end = await runFlights(options, FOLDER, stop.signal)
  const next = {
    ended:
      'All flights are through and all windows closed. Look at the table: npx millrace items airport-delays',
    paused: 'Paused at the limit; no window was closed. Go on: npm start',
    stopped: 'Stopped. Go on where it was: npm start',
  }
  process.stdout.write(`\n${next[end]}\n`)
}

try {
  await main()
} catch (error) {
  const known = error instanceof ConfigurationError
  process.stderr.write(`${known ? error.message : ((error as Error).stack ?? String(error))}\n`)
  process.exitCode = known ? 2 : 1
}
