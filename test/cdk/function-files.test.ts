import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { functionFiles } from '../../cdk/function-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'millrace-function-files-'))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

test('every file of the folder is a function, with a bundle that has the same bytes each time', async () => {
  const [once, again] = [await functionFiles('functions'), await functionFiles('functions')]
  expect(once.map(({ pipeline }) => pipeline.name)).toContain('airport-delays')
  for (const [index, each] of once.entries()) {
    const other = again[index]
    expect(other?.bundle).not.toBe(each.bundle)
    expect(other?.hash).toBe(each.hash)
    for (const file of ['index.mjs', 'index.mjs.map']) {
      expect(readFileSync(join(other?.bundle ?? '', file))).toEqual(readFileSync(join(each.bundle, file)))
    }
  }
})

test('maps name sources as they lie in the project', async () => {
  const [first] = await functionFiles('functions')
  const { sources } = JSON.parse(readFileSync(join(first?.bundle ?? '', 'index.mjs.map'), 'utf8'))
  expect(sources).toContain('functions/airport-delays.ts')
  expect(sources).toContain('lib/runtime/handler.ts')
})

test('a folder without functions is refused', async () => {
  await expect(functionFiles(folder)).rejects.toThrow(`there is no function in '${folder}'`)
})

test('a file that does not build is refused with its place', async () => {
  writeFileSync(
    join(folder, 'broken.mjs'),
    "export const handler = { pipeline: { name: 'broken' } }; export const later = () => import('./gone.mjs')",
  )
  await expect(functionFiles(folder)).rejects.toThrow(/broken\.mjs:1:\d+/)
})
