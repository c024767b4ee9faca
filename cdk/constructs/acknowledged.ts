import { type CfnResource, Stack, Validations } from 'aws-cdk-lib'
import type { IConstruct } from 'constructs'
import type { PipelineStage } from './pipeline-stage.ts'

interface Wildcards {
  /** of the pipeline's own */
  readonly buckets: readonly IConstruct[]
  readonly inVpc: boolean
  /** whether all is encrypted with a customer-managed key */
  readonly withKey: boolean
}

/**
 * Says of each wildcard in a role's policies why AWS has nothing finer. A wildcard that is not here fails the
 * synthesis of an app that runs cdk-nag.
 */
export function acknowledgeWildcards(stage: PipelineStage, { buckets, inVpc, withKey }: Wildcards): void {
  const accept = (finding: string, reason: string) =>
    Validations.of(stage.role).acknowledge({ id: `AwsSolutions-IAM5[${finding}]`, reason })
  for (const bucket of buckets) {
    const { node } = bucket
    const id = Stack.of(bucket).getLogicalId(node.defaultChild as CfnResource)
    accept(
      `Resource::<${id}.Arn>/*`,
      'Objects of this one bucket, which is the pipeline’s own: their names are made at run time.',
    )
  }
  if (withKey) {
    for (const action of ['kms:GenerateDataKey*', 'kms:ReEncrypt*']) {
      accept(`Action::${action}`, 'The variants that DynamoDB and S3 ask for, on the one key of the stack.')
    }
  }
  if (inVpc) {
    accept(
      'Resource::*',
      'Network interfaces of a function in a VPC do not exist before it: AWS has nothing finer.',
    )
  }
}
