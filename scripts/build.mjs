// Builds dist/ from lib/, and dist/cdk/ from cdk/. Plain JavaScript: as npm's `prepare` it may run on an old system Node.
import { spawnSync } from 'node:child_process'
import { chmodSync, existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'

const ROOT = fileURLToPath(new URL('..', import.meta.url))
const BIN = `${ROOT}dist/cli/millrace.js`
const tsc = createRequire(import.meta.url).resolve('typescript/bin/tsc')

// Modules that are gone from lib/ must not stay in the package.
rmSync(`${ROOT}dist`, { recursive: true, force: true })
for (const [source, project] of [
  ['lib', 'tsconfig.build.json'],
  // Sees lib/ as users do: as it has just been built.
  ['cdk', 'tsconfig.cdk.json'],
]) {
  const { status } = spawnSync(process.execPath, [tsc, '-p', project], { cwd: ROOT, stdio: 'inherit' })
  if (status === 0) continue
  console.error(`millrace: dist/ is not built, ${source}/ does not compile: see the errors above`)
  process.exit(1)
}
if (existsSync(BIN)) chmodSync(BIN, 0o755)
