import { Grant, type IGrantable } from 'aws-cdk-lib/aws-iam'
import type { Bucket } from 'aws-cdk-lib/aws-s3'

/** To add objects, and nothing else. */
export function grantPut(bucket: Bucket, grantee: IGrantable): Grant {
  bucket.encryptionKey?.grantEncryptDecrypt(grantee)
  return grant(bucket, grantee, ['s3:PutObject'])
}

/** To read objects. */
export function grantRead(bucket: Bucket, grantee: IGrantable): Grant {
  bucket.encryptionKey?.grantDecrypt(grantee)
  return grant(bucket, grantee, ['s3:GetObject'])
}

/** What `S3BlobStore` calls. */
export function grantBlobs(bucket: Bucket, grantee: IGrantable): Grant {
  bucket.encryptionKey?.grantEncryptDecrypt(grantee)
  return grant(bucket, grantee, ['s3:GetObject', 's3:PutObject', 's3:DeleteObject'])
}

/**
 * Without ListBucket, S3 answers "access denied" where an object is missing.
 * https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html
 */
function grant(bucket: Bucket, grantee: IGrantable, actions: string[]): Grant {
  return Grant.addToPrincipal({ grantee, actions, resourceArns: [bucket.arnForObjects('*')] }).combine(
    Grant.addToPrincipal({ grantee, actions: ['s3:ListBucket'], resourceArns: [bucket.bucketArn] }),
  )
}
