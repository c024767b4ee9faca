// Fails when a module of lib/ in the current folder breaks the rules of .dependency-cruiser.mjs.
import { cruise } from 'dependency-cruiser'
import extractOptions from 'dependency-cruiser/config-utl/extract-depcruise-options'
import extractTsConfig from 'dependency-cruiser/config-utl/extract-ts-config'

// A cruiser that cannot read TypeScript finds no modules and is content.
const FEWEST_MODULES = 20

const options = await extractOptions('./.dependency-cruiser.mjs')
const { output } = await cruise(['lib'], options, undefined, { tsConfig: extractTsConfig('tsconfig.json') })
if (typeof output === 'string')
  throw new Error(`dependency-cruiser gave a text instead of its result: ${output}`)

const { violations } = output.summary
for (const { rule, from, to, cycle } of violations) {
  console.error([from, ...(cycle?.map(({ name }) => name) ?? [to])].join(' -> '), `(${rule.name})`)
}
const modules = output.modules.filter(({ source }) => source.startsWith('lib/')).length
console.log(`${modules} modules, ${violations.length} violations`)
if (modules < FEWEST_MODULES) console.error(`expected at least ${FEWEST_MODULES} modules`)
if (violations.length > 0 || modules < FEWEST_MODULES) process.exitCode = 1
