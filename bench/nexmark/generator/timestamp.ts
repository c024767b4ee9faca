/** Epoch ms as Flink's JSON format writes a TIMESTAMP: UTC, the fraction without the zeros at its end. */
export function sqlTimestamp(time: number): string {
  const text = new Date(time).toISOString()
  const seconds = `${text.slice(0, 10)} ${text.slice(11, 19)}`
  const fraction = time % 1_000
  return fraction === 0 ? seconds : `${seconds}.${text.slice(20, 23).replace(/0+$/, '')}`
}
