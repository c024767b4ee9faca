import type { AttributeValue } from '@aws-sdk/client-dynamodb'
import { InvalidOutputError } from '../../core/errors.ts'

/**
 * Plain data as DynamoDB's document types. Attributes of an object that are undefined are left out.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/HowItWorks.NamingRulesDataTypes.html
 * @throws InvalidOutputError for what they cannot hold
 */
export function attributeValue(value: unknown): AttributeValue {
  switch (typeof value) {
    case 'string':
      return { S: value }
    case 'number':
      if (Number.isFinite(value)) return { N: String(value) }
      break
    case 'bigint':
      return { N: String(value) }
    case 'boolean':
      return { BOOL: value }
    case 'object':
      if (value === null) return { NULL: true }
      if (value instanceof Uint8Array) return { B: value }
      if (Array.isArray(value)) return { L: value.map(attributeValue) }
      if (value instanceof Set) return setValue([...value])
      return { M: attributeValues(value as Readonly<Record<string, unknown>>) }
  }
  throw new InvalidOutputError(`an attribute is ${String(value)}: expected plain data`, { value })
}

export function attributeValues(item: Readonly<Record<string, unknown>>): Record<string, AttributeValue> {
  const values: Record<string, AttributeValue> = {}
  for (const [name, value] of Object.entries(item)) {
    if (value !== undefined) values[name] = attributeValue(value)
  }
  return values
}

function setValue(members: readonly unknown[]): AttributeValue {
  const values = members.map(attributeValue)
  const kinds = new Set(values.map((value) => Object.keys(value)[0]))
  const [kind] = kinds
  if (kinds.size === 1 && kind === 'S') return { SS: values.map(({ S }) => S ?? '') }
  if (kinds.size === 1 && kind === 'N') return { NS: values.map(({ N }) => N ?? '') }
  if (kinds.size === 1 && kind === 'B') return { BS: values.map(({ B }) => B ?? new Uint8Array()) }
  throw new InvalidOutputError(
    `a set holds ${members.length === 0 ? 'nothing' : 'values of several kinds'}: DynamoDB's sets hold one or more strings, numbers or byte arrays; leave the attribute out, or make it a list`,
    { members: members.length },
  )
}

/** DynamoDB's document types as plain data. Numbers that a JavaScript number cannot hold become bigints. */
function plainValue(value: AttributeValue): unknown {
  if (value.S !== undefined) return value.S
  if (value.N !== undefined) return plainNumber(value.N)
  if (value.BOOL !== undefined) return value.BOOL
  if (value.B !== undefined) return value.B
  if (value.L !== undefined) return value.L.map(plainValue)
  if (value.M !== undefined) return plainItem(value.M)
  if (value.SS !== undefined) return new Set(value.SS)
  if (value.NS !== undefined) return new Set(value.NS.map(plainNumber))
  if (value.BS !== undefined) return new Set(value.BS)
  return null
}

export function plainItem(attributes: Readonly<Record<string, AttributeValue>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(attributes).map(([name, value]) => [name, plainValue(value)]))
}

function plainNumber(digits: string): number | bigint {
  const number = Number(digits)
  return Number.isInteger(number) && !Number.isSafeInteger(number) && /^-?\d+$/.test(digits)
    ? BigInt(digits)
    : number
}
