// The app of `cdk deploy`: what functions/ needs, in one environment.
import { App, Validations } from 'aws-cdk-lib'
import { AwsSolutionsChecks } from 'cdk-nag'
import { ConfigurationError } from 'millrace'
import { functionFiles, PipelinesStack } from 'millrace/cdk'
import { environments } from './environments.ts'

const app = new App()
const name: string = app.node.tryGetContext('environment') ?? 'dev'
const environment = environments[name]
if (environment === undefined) {
  throw new ConfigurationError(
    `there is no environment '${name}': expected one of ${Object.keys(environments).join(', ')}, as in 'cdk deploy -c environment=dev'`,
    { environment: name },
  )
}
const { CDK_DEFAULT_ACCOUNT: account, CDK_DEFAULT_REGION: region } = process.env
new PipelinesStack(app, `millrace-${name}`, {
  functions: await functionFiles('functions'),
  environment,
  ...(account !== undefined && region !== undefined && { env: { account, region } }),
})
Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
