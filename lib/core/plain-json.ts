/**
 * A value as one line of JSON. What JSON has no form for is written as text or lists:
 * bytes as base64, big integers as digits, sets as lists.
 */
export const plainJson = (value: unknown): string => JSON.stringify(value, plain)

function plain(this: Readonly<Record<string, unknown>>, name: string, value: unknown): unknown {
  // Not `value`: a Buffer has been turned into its own kind of JSON there.
  const given = this[name]
  if (typeof given === 'bigint') return String(given)
  if (given instanceof Set) return [...given]
  if (given instanceof Uint8Array) return Buffer.from(given).toString('base64')
  return value
}
