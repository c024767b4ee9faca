// Bundles each function as for Lambda and fails when one is larger than its budget: a bundle is loaded at
// every cold start, and one careless import can make it many times as large.
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { gzipSync } from 'node:zlib'
import type { Metafile } from 'esbuild'
import { bundleFunction } from '../lib/local/bundle.ts'

/** In bytes, minified. */
const BUDGETS: Readonly<Record<string, number>> = {
  'airport-delays': 249_000,
  'long-delays': 241_000,
}

const files = readdirSync('functions').filter((file) => file.endsWith('.ts'))
if (files.length === 0) throw new Error('functions/ is empty')

const folder = mkdtempSync(join(tmpdir(), 'millrace-bundles-'))
process.on('exit', () => rmSync(folder, { recursive: true, force: true }))

for (const file of files) {
  const name = basename(file, '.ts')
  const { file: bundle, metafile } = await bundleFunction(join('functions', file), folder)
  const code = readFileSync(bundle)
  const budget = BUDGETS[name] ?? 0
  const sizes = `${bytes(code.length)} minified, ${bytes(gzipSync(code).length)} gzip`
  console.log(`${name}: ${sizes}, budget ${bytes(budget)}`)
  if (code.length <= budget) continue
  process.exitCode = 1
  console.error(budget === 0 ? `${name} has no budget` : `${name} is above its budget; what takes most:`)
  for (const line of largest(metafile)) console.error(`  ${line}`)
}

/** The packages, or folders of lib/, that take most of the bundle. */
function largest(metafile: Metafile): string[] {
  const sizes = new Map<string, number>()
  for (const output of Object.values(metafile.outputs)) {
    for (const [path, { bytesInOutput }] of Object.entries(output.inputs)) {
      const [part = path] = /(?<=.*node_modules\/)(@[^/]+\/)?[^/]+|^lib\/[^/]+/.exec(path) ?? []
      sizes.set(part, (sizes.get(part) ?? 0) + bytesInOutput)
    }
  }
  const sorted = [...sizes].sort(([, a], [, b]) => b - a)
  return sorted.slice(0, 10).map(([part, size]) => `${bytes(size).padStart(10)}  ${part}`)
}

function bytes(count: number): string {
  return `${(count / 1000).toFixed(1)} kB`
}
