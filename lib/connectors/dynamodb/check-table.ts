import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBTarget } from '../../core/graph.ts'
import { isValidationError, type TableNeeds, wrongKeyError } from '../../state/dynamodb-errors.ts'
import type { DynamoDBTable } from '../../state/dynamodb-table.ts'

/** A sink's table as it must be; the types of key attributes are the user's, who may have said them. */
export const sinkTableNeeds = ({ table, key, keyTypes, mode }: DynamoDBTarget): TableNeeds => {
  const names = key.filter((name) => name !== undefined)
  return {
    table,
    key: names.map((name, index) => {
      const isId = mode === 'append' && index === names.length - 1
      return { name, type: isId ? ('S' as const) : keyTypes?.[name] }
    }),
    actions: ['PutItem', 'UpdateItem', 'BatchWriteItem'],
    grant: 'table.grantWriteData(fn)',
  }
}

const PROBES: Readonly<Record<'S' | 'N' | 'B', AttributeValue>> = {
  S: { S: 'millrace' },
  N: { N: '0' },
  B: { B: new TextEncoder().encode('millrace') },
}

/**
 * Finds out, without the permission to describe it, whether the table is there, may be written to and has
 * this key: an UpdateItem under a condition that never holds changes nothing and meets every other error.
 * DynamoDB answers "does not match the schema" for other names as for other types, so all types are tried
 * until the condition is what fails: one write unit, and calls that cost nothing.
 * @throws ConfigurationError for a table that the sink cannot use
 */
export async function checkKeySchema(table: DynamoDBTable): Promise<void> {
  let refusal: Error | undefined
  for (const Key of probeKeys(table.needs)) {
    try {
      await table.update({
        Key,
        ConditionExpression: 'attribute_exists(#key) AND attribute_not_exists(#key)',
        ExpressionAttributeNames: { '#key': table.needs.key[0]?.name ?? '' },
      })
      return
    } catch (error) {
      if (!isValidationError(error)) throw error
      refusal = error
    }
  }
  if (refusal !== undefined) throw wrongKeyError(table.needs, refusal)
}

function probeKeys({ key }: TableNeeds): Record<string, AttributeValue>[] {
  let keys: Record<string, AttributeValue>[] = [{}]
  for (const { name, type } of key) {
    const probes = type === undefined ? Object.values(PROBES) : [PROBES[type]]
    keys = keys.flatMap((rest) => probes.map((probe) => ({ ...rest, [name]: probe })))
  }
  return keys
}
