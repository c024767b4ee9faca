import { InvalidOutputError } from '../../core/errors.ts'
import type { DynamoDBTarget } from '../../core/graph.ts'
import { itemBytes, MAX_ITEM_BYTES } from './item-size.ts'

/** An item as plain data: attribute values are what DynamoDB's document types can hold. */
export type Item = Readonly<Record<string, unknown>>

/** The attribute in which an item keeps the order of the output that wrote it (protocol R13). */
export const GUARD = 'millrace:order'

/** Numbers have up to 38 significant digits. */
const MAX_DIGITS = 10n ** 38n

/** What an `increment` sink adds; it sets all else. */
export const isAddend = (value: unknown): value is number | bigint =>
  typeof value === 'number' || typeof value === 'bigint'

/** An item after one more increment. */
export function incremented(item: Item, more: Item, key: DynamoDBTarget['key']): Item {
  const sum: Record<string, unknown> = { ...item }
  for (const [name, value] of Object.entries(more)) {
    const before = sum[name]
    sum[name] = !key.includes(name) && isAddend(before) && isAddend(value) ? added(before, value) : value
  }
  return sum
}

function added(a: number | bigint, b: number | bigint): number | bigint {
  if (typeof a === 'bigint' && typeof b === 'bigint') return a + b
  if (typeof a === 'number' && typeof b === 'number') return a + b
  return Number.isInteger(Number(a)) && Number.isInteger(Number(b))
    ? BigInt(a) + BigInt(b)
    : Number(a) + Number(b)
}

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
  const bytes = itemBytes(checked)
  if (bytes > MAX_ITEM_BYTES) {
    throw new InvalidOutputError(
      `the item for table '${table}' has more than ${bytes} bytes: DynamoDB takes ${MAX_ITEM_BYTES}, names included; make it smaller in 'item'`,
      { table, bytes },
    )
  }
  if (GUARD in checked) {
    throw new InvalidOutputError(
      `the item for table '${table}' has an attribute '${GUARD}': the sink keeps the output's order there; name yours otherwise`,
      { table, attribute: GUARD },
    )
  }
  if (
    mode === 'increment' &&
    !Object.keys(checked).some((name) => !key.includes(name) && isAddend(checked[name]))
  ) {
    throw new InvalidOutputError(
      `the item for table '${table}' has no number to add: expected one or more beside the key ${key.join(', ')}; give one in 'item', or use mode 'upsert'`,
      { table },
    )
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
      return
    case 'bigint':
      if (value < MAX_DIGITS && value > -MAX_DIGITS) return
      break
    case 'number':
      if (value === 0 || (Math.abs(value) >= 1e-130 && Math.abs(value) < 1e126)) return
      break
    case 'object':
      if (value === null || value instanceof Uint8Array) return
      if (Array.isArray(value)) {
        for (const [index, each] of value.entries()) checkValue(each, `${path}[${index}]`, table)
        return
      }
      if (value instanceof Set) {
        for (const each of value) checkValue(each, path, table)
        if (isTypedSet(value)) return
        break
      }
      if (Object.getPrototypeOf(value) === Object.prototype || Object.getPrototypeOf(value) === null) {
        for (const [name, each] of Object.entries(value)) {
          if (each !== undefined) checkValue(each, `${path}.${name}`, table)
        }
        return
      }
  }
  throw new InvalidOutputError(
    `the item for table '${table}' has ${describe(value)} as '${path}': DynamoDB takes strings, finite numbers (of 38 digits, 1e-130 to 1e126), booleans, null, bytes, lists, sets (of strings, of numbers or of bytes, none empty) and plain objects; convert it in 'item'`,
    { table, attribute: path },
  )
}

/** DynamoDB has a set type for each of these and none for an empty or a mixed set. */
const isTypedSet = (set: ReadonlySet<unknown>): boolean =>
  set.size > 0 &&
  [
    (each: unknown) => typeof each === 'string',
    (each: unknown) => typeof each === 'number' || typeof each === 'bigint',
    (each: unknown) => each instanceof Uint8Array,
  ].some((isMember) => [...set].every(isMember))

function describe(value: unknown): string {
  if (typeof value === 'object' && value !== null)
    return `a ${value.constructor?.name ?? 'null-prototype object'}`
  return typeof value === 'string' ? `'${value}'` : String(value)
}
