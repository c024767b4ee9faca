import { RemovalPolicy } from 'aws-cdk-lib'
import type { IKey } from 'aws-cdk-lib/aws-kms'

/** How what keeps data is kept itself. */
export interface Protection {
  /** @default RemovalPolicy.RETAIN, with protection against deletion */
  readonly removalPolicy?: RemovalPolicy
  /** Customer-managed key. @default keys of AWS */
  readonly encryptionKey?: IKey
}

/** Whether data is to be retained: so it is, unless the contrary was said. */
export const isRetained = ({ removalPolicy = RemovalPolicy.RETAIN }: Protection): boolean =>
  removalPolicy !== RemovalPolicy.DESTROY
