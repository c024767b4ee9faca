/**
 * An item as one line of JSON. What JSON has no form for is written as text or lists:
 * bytes as base64, big integers as digits, sets as lists.
 */
export function itemJson(item: Readonly<Record<string, unknown>>): string {
  for (const value of Object.values(item)) {
    if (typeof value === 'object' ? value !== null : typeof value === 'bigint') {
      return JSON.stringify(item, plain)
    }
  }
  return JSON.stringify(item)
}

function plain(_name: string, value: unknown): unknown {
  if (typeof value === 'bigint') return String(value)
  if (value instanceof Set) return [...value]
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
  return value
}
