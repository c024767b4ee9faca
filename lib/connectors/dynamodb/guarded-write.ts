import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import type { DynamoDBTarget } from '../../core/graph.ts'
import { orderBytes } from '../../core/order.ts'
import type { SinkRecord } from '../../core/sink-writer.ts'
import { attributeValue, attributeValues } from './attribute-values.ts'
import { GUARD, type Item, isAddend } from './item.ts'

type Attributes = Record<string, AttributeValue>

/** What an item of an `append` sink is: the payload under its output's id. */
export function appendedItem({ key }: DynamoDBTarget, { id, payload }: SinkRecord): Item {
  return { ...(payload as Item), [key.at(-1) as string]: id }
}

/**
 * The condition of protocol R13: the item is new, was written by another one than millrace, or by an older
 * output. Orders compare as bytes.
 */
const guard = (record: SinkRecord) => ({
  ConditionExpression: 'attribute_not_exists(#order) OR #order < :order',
  names: { '#order': GUARD },
  values: { ':order': { B: orderBytes(record.order) } } satisfies Attributes,
})

/** The PutItem of an `upsert` sink. */
export function guardedPut(record: SinkRecord) {
  const { ConditionExpression, names, values } = guard(record)
  return {
    Item: { ...attributeValues(record.payload as Item), [GUARD]: values[':order'] },
    ConditionExpression,
    ExpressionAttributeNames: names,
    ExpressionAttributeValues: values,
  }
}

/**
 * The UpdateItem of an `increment` sink: numbers are added, other attributes set, and the order with them,
 * so that what is delivered again is not added again.
 */
export function guardedIncrement({ key }: DynamoDBTarget, record: SinkRecord) {
  const item = record.payload as Item
  const { ConditionExpression, names, values } = guard(record)
  const expressionNames: Record<string, string> = { ...names }
  const expressionValues: Attributes = { ...values }
  const set = ['#order = :order']
  const add: string[] = []
  for (const [index, [name, value]] of Object.entries(item).entries()) {
    if (key.includes(name)) continue
    expressionNames[`#a${index}`] = name
    expressionValues[`:a${index}`] = attributeValue(value)
    if (isAddend(value)) add.push(`#a${index} :a${index}`)
    else set.push(`#a${index} = :a${index}`)
  }
  return {
    Key: keyOf(key, item),
    UpdateExpression: `SET ${set.join(', ')}${add.length > 0 ? ` ADD ${add.join(', ')}` : ''}`,
    ConditionExpression,
    ExpressionAttributeNames: expressionNames,
    ExpressionAttributeValues: expressionValues,
  }
}

const keyOf = (key: DynamoDBTarget['key'], item: Item): Attributes =>
  Object.fromEntries(key.flatMap((name) => (name === undefined ? [] : [[name, attributeValue(item[name])]])))
