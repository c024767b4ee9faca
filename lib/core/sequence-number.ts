/**
 * Compares two Kinesis sequence numbers as the big integers they are: decimal strings of up to 129
 * digits (https://docs.aws.amazon.com/kinesis/latest/APIReference/API_Record.html), far beyond what
 * `Number` can hold. Without leading zeros the longer one is the larger, and equal lengths compare as text.
 * @returns below, at or above zero
 */
export function compareSequenceNumbers(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length
  return a < b ? -1 : a > b ? 1 : 0
}
