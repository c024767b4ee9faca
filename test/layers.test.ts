import { spawnSync } from 'node:child_process'
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, expect, test } from 'vitest'

const root = join(import.meta.dirname, '..')
// The violations are planted into a copy: a test that is killed leaves nothing in lib/.
const copy = mkdtempSync(join(tmpdir(), 'millrace-layers-'))
afterAll(() => rmSync(copy, { recursive: true, force: true }))

test('the modules of lib import only from their own layer and those before it', () => {
  const { status, output } = layers(root)
  expect(output).toMatch(/ 0 violations/)
  expect(Number.parseInt(output, 10)).toBeGreaterThan(50)
  expect(status).toBe(0)
})

test('every kind of planted violation is found', () => {
  for (const entry of ['lib', 'package.json', 'tsconfig.json', '.dependency-cruiser.mjs']) {
    cpSync(join(root, entry), join(copy, entry), { recursive: true })
  }
  symlinkSync(join(root, 'node_modules'), join(copy, 'node_modules'))

  plant('functions/somewhere.ts', 'export const somewhere = 1')
  plant('lib/cli/planted.ts', 'export type Planted = 1')
  plant(
    'lib/core/planted-type.ts',
    `import type { Planted } from '../cli/planted.ts'\nexport type A = Planted`,
  )
  plant('lib/time/planted.ts', `export { systemClock } from '../index.ts'`)
  plant('lib/cli/planted-functions.ts', `export { somewhere } from '../../functions/somewhere.ts'`)
  plant('lib/cli/planted-dev.ts', `export { test } from 'vitest'`)
  plant('lib/cli/planted-lost.ts', `export { lost } from './lost.ts'`)
  plant('lib/cli/planted-ring.ts', `export { b } from './planted-ring-2.ts'\nexport const a = 1`)
  plant('lib/cli/planted-ring-2.ts', `export { a } from './planted-ring.ts'\nexport const b = 1`)
  plant('lib/index.ts', `export { systemClock } from './time/clock.ts'`)

  const { status, output } = layers(copy)
  expect(status).toBe(1)
  expect(output).toContain('lib/core/planted-type.ts -> lib/cli/planted.ts (core-imports-upwards)')
  expect(output).toContain('lib/time/planted.ts -> lib/index.ts (outside-the-layers)')
  expect(output).toContain('lib/cli/planted-functions.ts -> functions/somewhere.ts (leaves-lib)')
  expect(output).toMatch(/lib\/cli\/planted-dev\.ts -> \S+ \(not-installed-by-users\)/)
  expect(output).toContain('lib/cli/planted-lost.ts -> ./lost.ts (not-resolvable)')
  expect(output).toMatch(/lib\/cli\/planted-ring\S* -> \S+ -> \S+ \(no-cycles\)/)
})

test('a check that sees hardly any modules fails', () => {
  rmSync(join(copy, 'lib'), { recursive: true })
  plant('lib/core/lonely.ts', 'export const lonely = 1')
  const { status, output } = layers(copy)
  expect(output).toContain('expected at least 20 modules')
  expect(status).toBe(1)
})

function plant(path: string, text: string): void {
  mkdirSync(dirname(join(copy, path)), { recursive: true })
  writeFileSync(join(copy, path), `${text}\n`)
}

function layers(folder: string): { status: number | null; output: string } {
  const script = join(root, 'scripts', 'layers.ts')
  const { status, stdout, stderr } = spawnSync(process.execPath, [script], { cwd: folder, encoding: 'utf8' })
  return { status, output: stdout + stderr }
}
