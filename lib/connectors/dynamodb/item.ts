import { InvalidOutputError } from '../../core/errors.ts'
import type { DynamoDBTarget } from '../../core/graph.ts'

/** An item as plain data: attribute values are what DynamoDB's document types can hold. */
export type Item = Readonly<Record<string, unknown>>

/**
 * The item, without its undefined attributes, if the target's table can take it.
 * @throws InvalidOutputError naming the attribute that it cannot take
 */
export function checkItem(item: object, { table, key, mode }: DynamoDBTarget): Item {
  const checked: Record<string, unknown> = {}
  for (const name in item) {
    const value = item[name as keyof typeof item] as unknown
    if (value === undefined || !Object.hasOwn(item, name)) continue
    checkValue(value, name, table)
    checked[name] = value
  }
  const given = mode === 'append' ? key.slice(0, -1) : key
  for (const name of given) {
    if (name !== undefined) checkKey(checked[name], name, table)
  }
  return checked
}

function checkKey(value: unknown, name: string, table: string): void {
  const fits =
    typeof value === 'number' ||
    typeof value === 'bigint' ||
    ((typeof value === 'string' || value instanceof Uint8Array) && value.length > 0)
  if (fits) return
  throw new InvalidOutputError(
    `the item for table '${table}' has ${describe(value)} as key attribute '${name}': expected a non-empty string, a number or bytes`,
    { table, attribute: name },
  )
}

function checkValue(value: unknown, path: string, table: string): void {
  switch (typeof value) {
    case 'string':
    case 'boolean':
    case 'bigint':
      return
    case 'number':
      if (Number.isFinite(value)) return
      break
    case 'object':
      if (value === null || value instanceof Uint8Array) return
      if (Array.isArray(value)) {
        for (const [index, each] of value.entries()) checkValue(each, `${path}[${index}]`, table)
        return
      }
      if (value instanceof Set) {
        for (const each of value) checkValue(each, path, table)
        return
      }
      if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null) {
        for (const [name, each] of Object.entries(value)) {
          if (each !== undefined) checkValue(each, `${path}.${name}`, table)
        }
        return
      }
  }
  throw new InvalidOutputError(
    `the item for table '${table}' has ${describe(value)} as '${path}': DynamoDB takes strings, finite numbers, booleans, null, bytes, lists, sets and plain objects; convert it in 'item'`,
    { table, attribute: path },
  )
}

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `a ${value.constructor?.name ?? 'null-prototype object'}`
  return typeof value === 'string' ? `'${value}'` : String(value)
}
