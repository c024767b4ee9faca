// `strip` takes the condition that leads to lib/ out of package.json, since lib/ is not in the package;
// `restore` puts it back. What it puts back follows from `default`: no copy to lose, and any order is fine.
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package.json', import.meta.url)
const CONDITION = '@millrace/source'

const action = process.argv[2]
if (action !== 'strip' && action !== 'restore') throw new Error(`expected strip or restore, got '${action}'`)

const manifest = JSON.parse(readFileSync(FILE, 'utf8'))
for (const [path, { [CONDITION]: _, ...built }] of Object.entries(manifest.exports)) {
  const source = built.default.replace('./dist/', './lib/').replace(/\.js$/, '.ts')
  manifest.exports[path] = action === 'strip' ? built : { [CONDITION]: source, ...built }
}
writeFileSync(FILE, `${JSON.stringify(manifest, undefined, 2)}\n`)
