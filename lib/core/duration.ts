import { ConfigurationError } from './errors.ts'

const MILLISECONDS = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 } as const

/** A length of time: `'500ms'`, `'10s'`, `'5m'`, `'1h'`, `'2d'`. Anything else does not compile. */
export type Duration = `${number}${keyof typeof MILLISECONDS}`

const PATTERN = /^(\d+)(?:\.(\d+))?(ms|s|m|h|d)$/

/**
 * The duration in whole milliseconds.
 * @param what the option's name, for the message
 * @throws ConfigurationError when it is not a duration of at least 0 and at most 100 years
 */
export function milliseconds(duration: Duration, what = 'duration'): number {
  const [, whole, fraction = '', unit] = PATTERN.exec(duration) ?? []
  // 1.001 * 1000 is not 1001: the digits are multiplied as an integer, then divided.
  const digits = Number(`${whole}${fraction}`)
  const value = (digits * MILLISECONDS[unit as keyof typeof MILLISECONDS]) / 10 ** fraction.length
  if (Number.isInteger(value) && value <= 36_525 * MILLISECONDS.d) return value
  throw new ConfigurationError(
    `'${what}' is not a duration of whole milliseconds: got '${duration}', expected a number and a unit out of ms, s, m, h, d, as in '5m'`,
    { what, duration },
  )
}
