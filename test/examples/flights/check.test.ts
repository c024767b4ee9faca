import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, it } from 'vitest'

const CHECK = fileURLToPath(new URL('../../../examples/flights/check.ts', import.meta.url))

function check(...args: string[]): string {
  const run = spawnSync(process.execPath, ['-C', '@millrace/source', CHECK, ...args], { encoding: 'utf8' })
  return `${run.stdout}${run.stderr}`
}

it('flights with bad records among them, killed at random moments, come to the same table to the byte', () => {
  const output = check('--limit', '60000', '--kills', '2', '--bad', '0.01')
  expect(output).toContain('equal to the straight computation')
  expect(output).not.toContain('DIFFERS')
}, 120_000)

it('bundled functions, killed once, come to the same table to the byte', () => {
  expect(check('--limit', '30000', '--kills', '1', '--bundle')).toContain('equal to the straight computation')
}, 120_000)
