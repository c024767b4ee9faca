import { ConfigurationError, MillraceError, RetryableError } from '../core/errors.ts'
import { isRetryable } from '../core/retryable.ts'

/** A key attribute and its type in DynamoDB; the type is undefined where the table's owner decides. */
interface KeyAttribute {
  readonly name: string
  readonly type: 'S' | 'N' | 'B' | undefined
}

/** A table as millrace needs it, for the messages that say so. */
export interface TableNeeds {
  readonly table: string
  /** partition key, then the sort key if there is one */
  readonly key: readonly KeyAttribute[]
  /** the part of IAM's action names after `dynamodb:` */
  readonly actions: readonly string[]
  /** how the CDK grants these */
  readonly grant: string
}

/** A name that AWS gives to credentials it does not accept, or that the SDK gives to none at all. */
const CREDENTIALS =
  /^(CredentialsProviderError|TokenProviderError|UnrecognizedClientException|InvalidSignatureException|MissingAuthenticationToken(Exception)?|ExpiredToken(Exception)?|IncompleteSignature(Exception)?|InvalidClientTokenId)$/

/** DynamoDB's word for a request that it will never take: a wrong key, an item that is too large. */
export const isValidationError = (error: unknown): error is Error =>
  error instanceof Error && error.name === 'ValidationException'

export const isConditionFailure = (error: unknown): boolean =>
  error instanceof Error && error.name === 'ConditionalCheckFailedException'

/**
 * What a failed call means: throttling and outages, which the SDK has tried again already, can be cured by a
 * later attempt; a missing table, permission, region or credentials need a change first. Others stay as they are.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Programming.Errors.html
 */
export function dynamodbError(error: unknown, needs: TableNeeds, region: string): unknown {
  if (!(error instanceof Error) || error instanceof MillraceError) return error
  const { table, actions, grant } = needs
  const data = { table, region }
  const refuse = (message: string) => new ConfigurationError(message, data, { cause: error })
  const { name, message } = error
  // Answered by a replica of a global table with strong consistency, for a write that met another one.
  if (isRetryable(error) || name === 'ReplicatedWriteConflictException') {
    return new RetryableError(`DynamoDB table '${table}' does not answer for now: ${message}`, data, {
      cause: error,
    })
  }
  if (name === 'ResourceNotFoundException') {
    return refuse(
      `there is no DynamoDB table '${table}' in region '${region}': expected one with ${keyText(needs)}; create it (${createCommand(needs)}), or correct its name or the region`,
    )
  }
  if (name === 'AccessDeniedException') {
    return refuse(
      `the function may not use DynamoDB table '${table}' in region '${region}' (${message}): allow it ${actions.map((each) => `dynamodb:${each}`).join(', ')}, with the CDK by ${grant}`,
    )
  }
  if (CREDENTIALS.test(name)) {
    return refuse(
      `AWS does not accept the credentials for DynamoDB table '${table}' (${name}: ${message}): in Lambda they are the function's role; elsewhere set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY`,
    )
  }
  if (message === 'Region is missing') {
    return refuse(`no AWS region is set for DynamoDB table '${table}': set AWS_REGION, to 'eu-west-1' say`)
  }
  return error
}

/** The error of a table whose key is another one, with the words in which DynamoDB said so. */
export function wrongKeyError(needs: TableNeeds, cause: Error): ConfigurationError {
  return new ConfigurationError(
    `DynamoDB table '${needs.table}' has another key (${cause.message}): expected ${keyText(needs)}; a table keeps its key, so create another one (${createCommand(needs)}) and name that`,
    { table: needs.table, key: needs.key.map(({ name }) => name) },
    { cause },
  )
}

const keyText = ({ key }: TableNeeds): string =>
  key
    .map(
      ({ name, type }, index) =>
        `${index === 0 ? 'the partition key' : 'the sort key'} '${name}'${type === undefined ? '' : ` (${type})`}`,
    )
    .join(' and ')

/** The AWS CLI's command for such a table; of types that are not known it leaves a gap. */
function createCommand({ table, key }: TableNeeds): string {
  const types = key.map(({ name, type = 'S|N|B' }) => `AttributeName=${name},AttributeType=${type}`)
  const roles = key.map(
    ({ name }, index) => `AttributeName=${name},KeyType=${index === 0 ? 'HASH' : 'RANGE'}`,
  )
  return `aws dynamodb create-table --table-name ${table} --billing-mode PAY_PER_REQUEST --attribute-definitions ${types.join(' ')} --key-schema ${roles.join(' ')}`
}
