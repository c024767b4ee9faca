/** Of one item: https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Constraints.html */
export const MAX_ITEM_BYTES = 409_600

/**
 * The size of an item as DynamoDB counts it, or somewhat less: of numbers the fewest bytes are taken.
 * https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/CapacityUnitCalculations.html
 */
export function itemBytes(item: Readonly<Record<string, unknown>>): number {
  let bytes = 0
  for (const name in item) bytes += Buffer.byteLength(name) + valueBytes(item[name])
  return bytes
}

const NUMBER_BYTES = 2
const DOCUMENT_BYTES = 3

function valueBytes(value: unknown): number {
  if (typeof value === 'string') return Buffer.byteLength(value)
  if (typeof value === 'number' || typeof value === 'bigint') return NUMBER_BYTES
  if (typeof value !== 'object' || value === null) return 1
  if (value instanceof Uint8Array) return value.length
  if (value instanceof Set) return sum(value)
  if (Array.isArray(value)) return DOCUMENT_BYTES + value.length + sum(value)
  return DOCUMENT_BYTES + Object.keys(value).length + itemBytes(value as Readonly<Record<string, unknown>>)
}

function sum(values: Iterable<unknown>): number {
  let bytes = 0
  for (const each of values) bytes += valueBytes(each)
  return bytes
}
