import { App, type Stack, Validations } from 'aws-cdk-lib'
import { type ISecurityGroup, type IVpc, SecurityGroup, Vpc } from 'aws-cdk-lib/aws-ec2'
import { Bucket } from 'aws-cdk-lib/aws-s3'
import { AwsSolutionsChecks } from 'cdk-nag'
import type { Construct } from 'constructs'
import { afterEach, expect, test } from 'vitest'
import type { EnvironmentSettings } from '../../cdk/settings.ts'
import { PipelinesStack } from '../../cdk/stacks/pipelines-stack.ts'
import { effects, functionOf, stateless, twoStages, windowed } from './fixture.ts'

const { exitCode } = process

// The CDK reports through it that a validation failed.
afterEach(() => {
  process.exitCode = exitCode
})

const inVpc = (scope: Construct) => {
  const vpc: IVpc = Vpc.fromVpcAttributes(scope, 'Vpc', {
    vpcId: 'vpc-12345678',
    availabilityZones: ['eu-west-1a'],
    privateSubnetIds: ['subnet-12345678'],
  })
  const group: ISecurityGroup = SecurityGroup.fromSecurityGroupId(scope, 'Group', 'sg-12345678')
  return { vpc, securityGroups: [group] }
}

function synthesis(environment: EnvironmentSettings, plant: (stack: Stack) => void = () => {}) {
  const app = new App()
  const functions = [windowed(), stateless(), effects(), twoStages()].map(functionOf)
  plant(new PipelinesStack(app, 'test', { functions, environment }))
  Validations.of(app).addPlugins(new AwsSolutionsChecks(app))
  return () => app.synth()
}

test.each<[string, EnvironmentSettings]>([
  ['that is thrown away', {}],
  ['that is protected', { protected: true, streams: { visits: {} } }],
  ['in a VPC, with a key of its own', { defaults: inVpc, customerManagedKey: true }],
])('AwsSolutions finds nothing in an environment %s', (_, environment) => {
  expect(synthesis(environment)).not.toThrow()
})

test('AwsSolutions does look', () => {
  const open = synthesis({}, (stack) => new Bucket(stack, 'Open'))
  expect(open).toThrow('AwsSolutions-S10')
})
