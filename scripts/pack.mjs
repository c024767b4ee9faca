// `strip` takes the condition that leads to sources out of package.json, since they are not in the package;
// `restore` puts it back. What it puts back follows from `default`: no copy to lose, and any order is fine.
import { readFileSync, writeFileSync } from 'node:fs'

const FILE = new URL('../package.json', import.meta.url)
const CONDITION = '@millrace/source'

const action = process.argv[2]
if (action !== 'strip' && action !== 'restore') throw new Error(`expected strip or restore, got '${action}'`)

const manifest = JSON.parse(readFileSync(FILE, 'utf8'))
for (const paths of [manifest.exports, manifest.imports]) {
  for (const [path, { [CONDITION]: _, ...built }] of Object.entries(paths)) {
    paths[path] = action === 'strip' ? built : { [CONDITION]: sourceOf(built.default), ...built }
  }
}
writeFileSync(FILE, `${JSON.stringify(manifest, undefined, 2)}\n`)

function sourceOf(built) {
  const source = built.startsWith('./dist/cdk/')
    ? built.replace('./dist/', './')
    : built.replace('./dist/', './lib/')
  return source.replace(/\.js$/, '.ts')
}
