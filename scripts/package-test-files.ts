/** As a user would write it: no condition, no access to lib/. */
export const USER_TSCONFIG = JSON.stringify({
  compilerOptions: {
    target: 'es2024',
    module: 'nodenext',
    strict: true,
    allowImportingTsExtensions: true,
    noEmit: true,
    types: ['node'],
  },
  include: ['functions', 'drive.ts', 'synth.ts'],
})

/** Drives the README's example and ends with an error when its window does not come out. */
export const DRIVE = `
import { drive } from 'millrace/testing'
import { handler } from './functions/airport-delays.ts'

const run = drive(handler.pipeline, { key: () => 'SFO' })
run.send(
  { origin: 'SFO', scheduled: '2001-01-01T10:05:00Z', delay: 10 },
  { origin: 'SFO', scheduled: '2001-01-01T10:55:00Z', delay: 30 },
  { origin: 'SFO', scheduled: '2001-01-01T13:00:00Z', delay: 0 },
)
const output = JSON.stringify(await run.output())
if (!output.includes('"meanDelay":20')) throw new Error('expected the window of 10:00, got ' + output)
`

/** Makes the stack of the functions, as a user's `cdk.json` would have it, and looks for the function. */
export const SYNTH = `
import { App } from 'aws-cdk-lib'
import { functionFiles, PipelinesStack } from 'millrace/cdk'

const app = new App()
new PipelinesStack(app, 'streams', { functions: await functionFiles('functions') })
const template = JSON.stringify(app.synth().getStackByName('streams').template)
if (!template.includes('"Runtime":"nodejs24.x"')) throw new Error('expected a function, got ' + template)
`
