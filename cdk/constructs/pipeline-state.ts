import { AttributeType, BillingMode, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb'
import type { IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'
import { Construct } from 'constructs'
import type { Pipeline } from '#lib/core/pipeline'
import { hasEffects } from '#lib/runtime/plan'
import { grantBlobs } from './bucket-grants.ts'
import { privateBucket } from './private-bucket.ts'
import { isRetained, type Protection } from './protection.ts'

export interface PipelineStateProps extends Protection {
  readonly pipeline: Pipeline
}

/** Where a pipeline keeps its state logs, its claims on effects and its snapshots. */
export class PipelineState extends Construct {
  readonly table: Table
  readonly blobs: Bucket
  readonly #pipeline: Pipeline

  constructor(scope: Construct, id: string, props: PipelineStateProps) {
    super(scope, id)
    this.#pipeline = props.pipeline
    this.table = new Table(this, 'Table', {
      partitionKey: { name: 'task', type: AttributeType.STRING },
      sortKey: { name: 'slot', type: AttributeType.STRING },
      timeToLiveAttribute: 'expires',
      ...tableProtection(props),
    })
    // Snapshots that are no longer needed are deleted by the pipeline: none may expire.
    this.blobs = privateBucket(this, 'Blobs', props)
  }

  /** What the log, the claims and the snapshots of the pipeline call, on its own resources. */
  grantUse(grantee: IGrantable): void {
    const claims = hasEffects(this.#pipeline) ? ['dynamodb:UpdateItem'] : []
    this.table.grant(grantee, 'dynamodb:Query', 'dynamodb:GetItem', 'dynamodb:PutItem', ...claims)
    this.table.encryptionKey?.grantEncryptDecrypt(grantee)
    grantBlobs(this.blobs, grantee)
  }
}

/** Paid per request, can be put back to any second of 35 days, and protected as the rest. */
export function tableProtection(protection: Protection) {
  const { removalPolicy, encryptionKey } = protection
  return {
    billingMode: BillingMode.PAY_PER_REQUEST,
    ...(encryptionKey
      ? { encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey }
      : { encryption: TableEncryption.DEFAULT }),
    pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
    deletionProtection: isRetained(protection),
    ...(removalPolicy && { removalPolicy }),
  }
}
