import { Duration, RemovalPolicy, Validations } from 'aws-cdk-lib'
import { BlockPublicAccess, Bucket, BucketEncryption } from 'aws-cdk-lib/aws-s3'
import type { Construct } from 'constructs'
import { isRetained, type Protection } from './protection.ts'

export interface PrivateBucketProps extends Protection {
  /** How long objects are kept. @default for ever */
  readonly expiration?: Duration
}

/** A bucket for the pipeline's own use: nothing public, TLS only, and empty before it is destroyed. */
export function privateBucket(scope: Construct, id: string, props: PrivateBucketProps): Bucket {
  const retained = isRetained(props)
  const bucket = new Bucket(scope, id, {
    blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
    enforceSSL: true,
    ...(props.encryptionKey
      ? { encryption: BucketEncryption.KMS, encryptionKey: props.encryptionKey, bucketKeyEnabled: true }
      : { encryption: BucketEncryption.S3_MANAGED }),
    removalPolicy: retained ? RemovalPolicy.RETAIN : RemovalPolicy.DESTROY,
    autoDeleteObjects: !retained,
    lifecycleRules: [
      {
        id: 'incomplete-uploads',
        abortIncompleteMultipartUploadAfter: Duration.days(7),
      },
      ...(props.expiration ? [{ id: 'expiration', expiration: props.expiration }] : []),
    ],
  })
  Validations.of(bucket).acknowledge({
    id: 'AwsSolutions-S1',
    reason:
      'Only the functions of one pipeline use it; CloudTrail data events tell who did, where that is wanted.',
  })
  return bucket
}
