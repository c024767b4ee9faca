import { type Attribute, AttributeType } from 'aws-cdk-lib/aws-dynamodb'
import { ConfigurationError } from '#lib/core/errors'
import type { DynamoDBTarget } from '#lib/core/graph'

const TYPES = { S: AttributeType.STRING, N: AttributeType.NUMBER, B: AttributeType.BINARY } as const

/** The key of a table as CDK takes it. */
export interface SinkKey {
  readonly partitionKey: Attribute
  readonly sortKey?: Attribute
}

/**
 * The key of a sink's table. Types are those of `keyTypes`; the id of an `append` sink is a string, and so is
 * a partition key, as keys of elements are. A table keeps its key for ever, so that of a sort key is not guessed.
 * @throws ConfigurationError for a sort key whose type nobody said
 */
export function sinkKey(target: DynamoDBTarget): SinkKey {
  const [partition, sort] = target.key
  const partitionKey = { name: partition, type: TYPES[target.keyTypes?.[partition] ?? 'S'] }
  if (sort === undefined) return { partitionKey }
  const type = target.keyTypes?.[sort] ?? (target.mode === 'append' ? 'S' : undefined)
  if (type === undefined) {
    throw new ConfigurationError(
      `table '${target.table}' is to be created, and the type of its sort key '${sort}' is not known: say it in the sink, keyTypes: { ${sort}: 'N' } if it is a number, or name an existing table in the environment's 'tables'`,
      { table: target.table, attribute: sort },
    )
  }
  return { partitionKey, sortKey: { name: sort, type: TYPES[type] } }
}

/** The same key, whichever sink asks. */
export const keyText = ({ partitionKey, sortKey }: SinkKey): string =>
  [partitionKey, ...(sortKey ? [sortKey] : [])].map(({ name, type }) => `${name} (${type})`).join(', ')
