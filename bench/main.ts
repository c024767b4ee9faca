import { cost } from './cost/main.ts'
import { exchange } from './exchange/main.ts'
import { flights } from './flights/main.ts'
import { wholeRun } from './flights/whole.ts'
import { nexmark } from './nexmark/speed.ts'
import { state } from './state/main.ts'

const benchmarks: Readonly<Record<string, (args: readonly string[]) => Promise<void>>> = {
  exchange,
  flights,
  nexmark,
  'whole-run': wholeRun,
  state,
  cost,
}

const [name = '', ...args] = process.argv.slice(2)
const benchmark = benchmarks[name]
if (benchmark === undefined) {
  console.error(
    `No benchmark '${name}': expected one of ${Object.keys(benchmarks).join(', ')}, as in 'npm run bench -- flights'.`,
  )
  process.exitCode = 2
} else await benchmark(args)
