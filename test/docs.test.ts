import { readdirSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'
import { drive } from '../lib/testing/index.ts'
import { documented, examplesOf, operatorsDoc } from '../scripts/operators-doc.ts'

const root = fileURLToPath(new URL('..', import.meta.url))
const read = (file: string): string => readFileSync(`${root}/${file}`, 'utf8')
const examples = [...read('README.md').matchAll(/^```ts\n(.*?)^```$/gms)].map(([, code = '']) => code)

it("the README's pipeline is the file in functions/", () => {
  expect(examples[0]).toBe(read('functions/airport-delays.ts'))
})

it("the README's test runs as it stands", async () => {
  const body = (examples[1] ?? '').replaceAll(/^import .*\n/gm, '').replace('const items = ', 'return ')
  const { handler } = await import('../functions/airport-delays.ts')
  const run = new Function('drive', 'handler', `return (async () => { ${body} })()`)
  expect(await run(drive, handler)).toEqual([
    {
      airport: '-',
      hour: Date.parse('2001-01-01T08:00:00Z'),
      flights: 1,
      meanDelay: 40,
      worst: 40,
      over15: 1,
    },
  ])
})

it('the map of the architecture names every file of lib/ and cdk/, and no other', () => {
  const [, map = ''] = read('docs/architecture.md').split('## Files')
  let folder = ''
  const named = map.split('\n').flatMap((line) => {
    folder = /^\*\*([\w/]+)\/\*\*$/.exec(line)?.[1] ?? folder
    const [, file] = /^- `(.+\.ts)`: ./.exec(line) ?? []
    return file === undefined ? [] : [`${folder}/${file}`]
  })
  const filesOf = (folder: string) => readdirSync(`${root}/${folder}`, { recursive: true, encoding: 'utf8' })
  const files = [...filesOf('lib'), ...filesOf('cdk').map((file) => `cdk/${file}`)]
  const sources = files.filter((file) => file.endsWith('.ts') && !file.endsWith('index.ts'))
  expect(named.toSorted()).toEqual(sources.toSorted())
})

describe('docs/operators.md', () => {
  const doc = read('docs/operators.md')
  const all = documented()

  it('is what the TSDoc says: else `npm run docs`', () => {
    expect(doc).toBe(operatorsDoc())
  })

  it.each(all)('has an example of $name: write one into its TSDoc', (each) => {
    expect(examplesOf(each)).not.toEqual([])
  })

  it('names only what there is, for those who come from elsewhere', () => {
    const [, table = ''] = doc.split('## Coming from')
    const ours = [...table.matchAll(/^\| `([\w.]+)/gm)].map(([, name = '']) => name)
    expect(ours.length).toBeGreaterThan(20)
    expect(ours.filter((name) => all.every((each) => each.name !== name))).toEqual([])
  })
})
