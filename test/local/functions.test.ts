import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadFunctions } from '../../lib/local/functions.ts'

let folder: string

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'millrace-functions-'))
})

afterEach(() => rmSync(folder, { recursive: true, force: true }))

const handlerOf = (name: string): string =>
  `export const handler = Object.assign(() => {}, { pipeline: { name: '${name}' } })`

it('each file of functions/ is a pipeline', async () => {
  const functions = await loadFunctions(fileURLToPath(new URL('../../functions', import.meta.url)))
  expect(functions.map(({ handler }) => handler.pipeline.name)).toContain('airport-delays')
})

it('a file without a handler is refused with what it must export', async () => {
  writeFileSync(join(folder, 'empty.ts'), 'export const other = 1')
  await expect(loadFunctions(folder)).rejects.toThrow(
    /empty\.ts exports no pipeline: expected 'export const handler/,
  )
})

it('two pipelines of one name are refused', async () => {
  writeFileSync(join(folder, 'a.ts'), handlerOf('clicks'))
  writeFileSync(join(folder, 'b.ts'), handlerOf('clicks'))
  await expect(loadFunctions(folder)).rejects.toThrow(/a\.ts and .*b\.ts both define pipeline 'clicks'/)
})

it('declarations and hidden files are not functions', async () => {
  writeFileSync(join(folder, 'types.d.ts'), 'export {}')
  writeFileSync(join(folder, '.hidden.ts'), 'export {}')
  writeFileSync(join(folder, 'clicks.ts'), handlerOf('clicks'))
  expect(await loadFunctions(folder)).toHaveLength(1)
})
