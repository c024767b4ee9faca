// Deploys to LocalStack and puts the functions through what happens in production: npm run e2e
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { Account } from './account.ts'
import { Deployment } from './deployment.ts'
import { actualOf, type Expected, expectedOf, flightRecords } from './flights.ts'
import { install, LocalStack, missing } from './localstack.ts'
import { misfortunesIn } from './misfortune.ts'

const FLIGHTS = Number(process.env.E2E_FLIGHTS ?? 20_000)
const STACK = 'millrace-e2e'
const STREAM = 'e2e-flights'
const APP = ['--app', 'node -C @millrace/source test/e2e/app.ts']
const SETTLE_MS = 150_000

const started = Date.now()
setTimeout(() => {
  console.error('not done in 10 minutes')
  process.exit(1)
}, 600_000).unref()
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1))
const say = (what: string) =>
  console.log(`[${String(Math.round((Date.now() - started) / 1000)).padStart(3)} s] ${what}`)

const lack = missing()
if (lack !== undefined) {
  console.log(`SKIPPED: the end-to-end test needs ${lack}`)
  process.exit(process.env.CI ? 0 : 1)
}
install()
say('LocalStack is installed')
const folder = mkdtempSync(join(tmpdir(), 'millrace-e2e-'))
try {
  await using localstack = await LocalStack.start(folder)
  say(`LocalStack is ready at ${localstack.endpoint}`)
  await run(localstack, new Deployment(localstack, folder, APP))
} catch (error) {
  console.error(`logs are in ${folder}`)
  throw error
}
rmSync(folder, { recursive: true, force: true })
say('everything held')

async function run(localstack: LocalStack, deployment: Deployment): Promise<void> {
  const account = new Account(localstack)
  await deployment.bootstrap()
  say('bootstrapped')
  await deployment.deploy()
  const resources = await account.resources(STACK)
  const deadLetters = named(resources, /^PipelinesairportdelaysDeadLetters[0-9A-F]{8}$/)
  const fn = named(resources, /^PipelinesairportdelaysStageFunction[0-9A-F]{8}$/)
  say('deployed')

  // Each shard has good and bad records, a process that dies in the middle, one that dies when all is done, and one
  // that hangs until Lambda ends it.
  const records = await flightRecords(FLIGHTS, {
    3000: 'crash-20',
    5000: 'crash-150',
    7000: 'crash-after',
    8000: 'hang-100',
  })
  const half = Math.floor(records.length / 2)
  await account.put(STREAM, records.slice(0, half))
  say(`${half} records are put`)

  await Promise.all([account.put(STREAM, records.slice(half)), deployment.deploy('more=true')])
  say('a second deployment has updated the functions, and added a stream and a handler, under traffic')
  // Nothing comes behind it: only a tick can close its window.
  const minute = Math.floor(Date.now() / 60_000) * 60_000 - 60_000
  await account.put('e2e-gates', [
    { partitionKey: 'any', data: JSON.stringify({ gate: 'A1', at: minute + 59_999 }) },
  ])

  const stored = await account.records(STREAM)
  assert.equal(stored.length, records.length)
  const expected = expectedOf(stored)
  assert(expected.late > 0 && expected.long > 0 && expected.dead > 0, 'the flights have some of everything')
  await settle(account, deadLetters, expected)
  assert.equal(misfortunesIn(localstack.temporary).length, 8, 'both functions had all four misfortunes')
  say(`equal to the straight computation: ${describe(expected)}`)

  // LocalStack then delivers everything again from TRIM_HORIZON.
  const pause = () => sleep(500)
  await account.switchMapping(fn, false, pause)
  await account.switchMapping(fn, true, pause)
  await sleep(10_000)
  assert.deepEqual(await actualOf(account, deadLetters), expected)
  say('delivered again from the beginning: nothing has changed')

  await until(async () => (await account.itemCount('e2e-gate-minutes')) > 0)
  assert.deepEqual(
    (await account.items('e2e-gate-minutes')).map(({ 'millrace:order': _, ...shown }) => shown),
    [{ gate: 'A1', minute, passengers: 1 }],
  )
  say('a tick has closed the window of the new handler, behind an exchange, after silence')

  await account.cloudFormation.updateTerminationProtection({
    StackName: STACK,
    EnableTerminationProtection: false,
  })
  await deployment.destroy('more=true')
  assert.deepEqual(await actualOf(account, deadLetters), expected)
  const { Functions = [] } = await account.lambda.listFunctions({})
  assert.deepEqual(Functions, [])
  const { StreamNames = [] } = await account.kinesis.listStreams({})
  assert.deepEqual(StreamNames.toSorted(), ['e2e-flights', 'e2e-gates', 'e2e-gates.minutes'])
  say('destroyed: functions are gone, data is there')
}

function named(resources: Readonly<Record<string, string>>, id: RegExp): string {
  const [, name] = Object.entries(resources).find(([logicalId]) => id.test(logicalId)) ?? []
  assert(name !== undefined, `no resource ${id} among ${Object.keys(resources).join(', ')}`)
  return name
}

async function settle(account: Account, deadLetters: string, expected: Expected): Promise<void> {
  let actual: Expected | undefined
  await until(async () => {
    actual = await actualOf(account, deadLetters)
    return describe(actual) === describe(expected) && actual.table === expected.table
  }).catch(() => undefined)
  assert.equal(actual && describe(actual), describe(expected))
  assert.deepEqual(actual, expected)
}

async function until(holds: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + SETTLE_MS
  while (!(await holds())) {
    if (Date.now() > deadline) throw new Error('it did not come to that in time')
    await sleep(1_000)
  }
}

function describe({ table, late, long, dead }: Expected): string {
  return `${table.split('\n').length - 1} windows, ${late} late flights, ${long} long delays, ${dead} dead letters`
}
