// LocalStack with functions/ deployed, until Ctrl-C: npm run localstack
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Deployment } from './deployment.ts'
import { install, LocalStack, missing } from './localstack.ts'

const lack = missing()
if (lack !== undefined) {
  console.error(`LocalStack needs ${lack}`)
  process.exit(1)
}
install()
const folder = mkdtempSync(join(tmpdir(), 'millrace-localstack-'))
const interrupted = new Promise((resolve) => process.once('SIGINT', resolve).once('SIGTERM', resolve))
{
  await using localstack = await LocalStack.start(folder, 4566)
  const deployment = new Deployment(localstack, folder)
  await deployment.bootstrap()
  await deployment.deploy()
  console.log('Deployed. To talk to it:\n')
  for (const [name, value] of Object.entries(localstack.variables)) console.log(`  export ${name}=${value}`)
  console.log()
  console.log(`Logs are in ${folder}. Ctrl-C ends it.`)
  await interrupted
}
rmSync(folder, { recursive: true, force: true })
