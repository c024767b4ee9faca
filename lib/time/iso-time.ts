/** Epoch ms as messages show them: ISO 8601, or the number where it is beyond what a Date can hold. */
export function isoTime(time: number): string {
  const date = new Date(time)
  return Number.isNaN(date.getTime()) ? String(time) : date.toISOString()
}
